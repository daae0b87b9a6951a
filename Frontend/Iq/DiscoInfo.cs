using Krewe.Contracts.Addressing;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Iq;

/// <summary>XEP-0030 §3.1: a category, a type, and for people a name in a language; the last two may be empty.</summary>
internal sealed record DiscoIdentity(string Category, string Type, string Lang = "", string Name = "");

/// <summary>What an entity tells of itself (XEP-0030 §3.1), with forms that tell more (XEP-0128). Each part at most once.</summary>
internal sealed record DiscoInfo(ImmutableArray<DiscoIdentity> Identities, ImmutableArray<string> Features, ImmutableArray<DataForm> Forms)
{
    public static readonly DiscoInfo Empty = new([], [], []);

    public bool IsEmpty => Identities.IsEmpty && Features.IsEmpty && Forms.IsEmpty;

    /// <summary>
    /// Several as one, without repetitions, which XEP-0115 §5.4 takes for a forgery: of identities that differ in their name alone (XEP-0030 §3.1), and of forms of
    /// one FORM_TYPE, the first stays. In the order in which XEP-0115 §5.1 wants them.
    /// </summary>
    public static DiscoInfo Merge(params IEnumerable<DiscoInfo> parts)
    {
        var all = parts.ToArray();
        return new DiscoInfo(
            [
                .. all.SelectMany(static part => part.Identities).DistinctBy(static one => (one.Category, one.Type, one.Lang))
                    .OrderBy(static one => one.Category, OctetOrder.Comparer).ThenBy(static one => one.Type, OctetOrder.Comparer).ThenBy(static one => one.Lang, OctetOrder.Comparer),
            ],
            [.. all.SelectMany(static part => part.Features).Distinct(StringComparer.Ordinal).Order(OctetOrder.Comparer)],
            [.. all.SelectMany(static part => part.Forms).DistinctBy(static form => form.FormType).OrderBy(static form => form.FormType, OctetOrder.Comparer)]);
    }

    /// <summary>XEP-0115 §5.1: the verification string's hash. For what <see cref="Merge"/> made.</summary>
    public string Verification()
    {
        var text = new StringBuilder();
        foreach (var identity in Identities)
        {
            text.Append(identity.Category).Append('/').Append(identity.Type).Append('/').Append(identity.Lang).Append('/').Append(identity.Name).Append('<');
        }

        foreach (var feature in Features)
        {
            text.Append(feature).Append('<');
        }

        foreach (var form in Forms)
        {
            text.Append(form.FormType).Append('<');
            foreach (var field in form.Fields.Where(static field => field.Name != DataForm.FormTypeName).OrderBy(static field => field.Name, OctetOrder.Comparer))
            {
                text.Append(field.Name).Append('<');
                foreach (var value in field.Values.Order(OctetOrder.Comparer))
                {
                    text.Append(value).Append('<');
                }
            }
        }

#pragma warning disable CA5350 // XEP-0115 names SHA-1; nothing secret hangs on it
        return Convert.ToBase64String(SHA1.HashData(Encoding.UTF8.GetBytes(text.ToString())));
#pragma warning restore CA5350
    }

    /// <summary>The content of <c>&lt;query/&gt;</c>.</summary>
    public void Write(ref XmppWriter xml)
    {
        foreach (var identity in Identities)
        {
            WriteIdentity(ref xml, identity);
        }

        foreach (var feature in Features)
        {
            xml.Raw("<feature"u8);
            xml.Attribute("var"u8, feature);
            xml.Raw("/>"u8);
        }

        foreach (var form in Forms)
        {
            DataFormWriter.WriteStart(ref xml, DataFormType.Result, form.FormType!);
            foreach (var field in form.Fields.Where(static field => field.Name != DataForm.FormTypeName))
            {
                DataFormWriter.WriteResultField(ref xml, field);
            }

            DataFormWriter.WriteEnd(ref xml);
        }
    }

    private static void WriteIdentity(ref XmppWriter xml, DiscoIdentity identity)
    {
        xml.Raw("<identity"u8);
        xml.Attribute("category"u8, identity.Category);
        xml.Attribute("type"u8, identity.Type);
        if (identity.Lang.Length > 0)
        {
            xml.Attribute("xml:lang"u8, identity.Lang);
        }

        if (identity.Name.Length > 0)
        {
            xml.Attribute("name"u8, identity.Name);
        }

        xml.Raw("/>"u8);
    }
}
