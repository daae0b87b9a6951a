using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace Krewe.Tests.Support;

/// <summary>XEP-0115 §5.1, step by step, from the XML that a client sees; with none of the server's code.</summary>
internal static class EntityCaps
{
    private static readonly XNamespace Forms = "jabber:x:data";

    /// <summary>The collation <c>i;octet</c>.</summary>
    private static readonly Comparer<string> Octets =
        Comparer<string>.Create(static (left, right) => Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right)));

    /// <param name="info">The query, in whatever namespace.</param>
    public static string Hash(XElement info)
    {
        var identities = Children(info, "identity").Select(identity =>
            $"{(string?)identity.Attribute("category")}/{(string?)identity.Attribute("type")}/{(string?)identity.Attribute(XNamespace.Xml + "lang")}/{(string?)identity.Attribute("name")}<");
        var features = Children(info, "feature").Select(feature => $"{(string?)feature.Attribute("var")}<");
        var forms = info.Elements(Forms + "x").Select(form => (Type: Values(form, "FORM_TYPE").Single(), Form: form)).OrderBy(form => form.Type, Octets)
            .Select(form => $"{form.Type}<{string.Concat(FieldsOf(form.Form))}");
        var text = string.Concat([.. identities.Order(Octets), .. features.Order(Octets), .. forms]);
#pragma warning disable CA5350 // XEP-0115 names SHA-1
        return Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
    }

    private static IEnumerable<string> FieldsOf(XElement form) => form.Elements(Forms + "field").Select(field => (string)field.Attribute("var")!)
        .Where(name => name != "FORM_TYPE").Order(Octets)
        .Select(name => $"{name}<{string.Concat(Values(form, name).Order(Octets).Select(value => $"{value}<"))}");

    private static IEnumerable<string> Values(XElement form, string name) =>
        form.Elements(Forms + "field").Where(field => (string?)field.Attribute("var") == name).Elements(Forms + "value").Select(value => value.Value);

    private static IEnumerable<XElement> Children(XElement info, string name) => info.Elements().Where(child => child.Name.LocalName == name);
}
