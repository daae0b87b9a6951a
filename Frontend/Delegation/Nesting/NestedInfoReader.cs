using System.Collections.Immutable;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation.Nesting;

/// <summary>Reads a managing entity's answer about what it does for a namespace (XEP-0355 §7.2). Whoever says too much says nothing (specs D-097).</summary>
internal static class NestedInfoReader
{
    public const int BytesMax = 32 * 1024;
    public const int FeaturesMax = 200;
    public const int IdentitiesMax = 20;
    public const int FormsMax = 5;

    /// <param name="iq">The whole result.</param>
    /// <param name="node">What was asked for; an answer that leaves it out is one all the same.</param>
    public static DiscoInfo Read(ReadOnlySpan<byte> iq, string node)
    {
        var reader = new XmlElementReader(iq);
        if (iq.Length > BytesMax
            || !reader.ReadToFirstChild()
            || !reader.Is("query"u8, "http://jabber.org/protocol/disco#info"u8)
            || (reader.TryGetAttribute("node"u8, out var answered) && answered != node))
        {
            return DiscoInfo.Empty;
        }

        var identities = ImmutableArray.CreateBuilder<DiscoIdentity>();
        var features = ImmutableArray.CreateBuilder<string>();
        var forms = ImmutableArray.CreateBuilder<DataForm>();
        while (reader.Read() && reader.Depth > 1)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (reader.Is("x"u8, "jabber:x:data"u8))
            {
                if (forms.Count == FormsMax || !DataForm.TryRead(ref reader, out var form))
                {
                    return DiscoInfo.Empty;
                }

                Add(forms, form);
                continue;
            }

            Add(identities, IdentityOf(ref reader));
            Add(features, FeatureOf(ref reader));
            if (identities.Count > IdentitiesMax || features.Count > FeaturesMax)
            {
                return DiscoInfo.Empty;
            }

            reader.Skip();
        }

        return new DiscoInfo(identities.DrainToImmutable(), features.DrainToImmutable(), forms.DrainToImmutable());
    }

    private static DiscoIdentity? IdentityOf(ref XmlElementReader reader)
    {
        if (!reader.Is("identity"u8, "http://jabber.org/protocol/disco#info"u8)
            || !reader.TryGetAttribute("category"u8, out var category) || !reader.TryGetAttribute("type"u8, out var type))
        {
            return null;
        }

        reader.TryGetAttribute("xml:lang"u8, out var lang);
        reader.TryGetAttribute("name"u8, out var name);
        return IsWord(category) && IsWord(type) && IsSafe(lang ?? "") ? new(category, type, lang ?? "", IsSafe(name ?? "") ? name ?? "" : "") : null;
    }

    private static string? FeatureOf(ref XmlElementReader reader) =>
        reader.Is("feature"u8, "http://jabber.org/protocol/disco#info"u8) && reader.TryGetAttribute("var"u8, out var name) && IsWord(name) ? name : null;

    private static void Add(ImmutableArray<DataForm>.Builder forms, DataForm form)
    {
        // One that does not say whose fields it has is for nobody (XEP-0128 §2).
        var isSaid = form is { Type: DataFormType.Result, FormType: { } formType } && IsWord(formType);
        if (isSaid && form.Fields.All(static field => IsSafe(field.Name) && field.Values.All(IsSafe)))
        {
            forms.Add(form);
        }
    }

    private static void Add<T>(ImmutableArray<T>.Builder parts, T? part)
        where T : class
    {
        if (part is not null)
        {
            parts.Add(part);
        }
    }

    private static bool IsWord(string text) => text.Length > 0 && IsSafe(text);

    /// <summary>XEP-0115 §5.1 ends each part of what is hashed with this character, so that one inside a part would let two answers have one hash.</summary>
    private static bool IsSafe(string text) => !text.Contains('<');
}
