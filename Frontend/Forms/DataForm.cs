using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Forms;

/// <summary>XEP-0004 §3: what a form is for.</summary>
internal enum DataFormType : byte
{
    /// <summary>To be filled in.</summary>
    Form = 0,

    /// <summary>Filled in.</summary>
    Submit = 1,

    /// <summary>Given up.</summary>
    Cancel = 2,

    /// <summary>Data that somebody asked for.</summary>
    Result = 3,
}

/// <param name="Name">Its <c>var</c>.</param>
/// <param name="Values">None, one or several, as they were sent.</param>
internal sealed record DataFormField(string Name, ImmutableArray<string> Values);

/// <summary>A form that somebody sent (XEP-0004 §3.1): its type and its fields in their order, without labels and options, which only the asking side has. Bounded.</summary>
internal sealed record DataForm(DataFormType Type, ImmutableArray<DataFormField> Fields)
{
    public const string Namespace = "jabber:x:data";

    /// <summary>More than any form that Krewe asks for has.</summary>
    public const int FieldsMax = 128;

    /// <summary>Of all fields together; lists of JIDs are the longest.</summary>
    public const int ValuesMax = 4096;

    public const string FormTypeName = "FORM_TYPE";

    /// <summary>XEP-0068 §3: whose fields these are; null when it does not say.</summary>
    public string? FormType => Find(FormTypeName) is { Values: [var value] } ? value : null;

    /// <summary>Whether it has any field but the one that says whose they are.</summary>
    public bool HasFields => Fields.Any(one => one.Name != FormTypeName);

    public DataFormField? Find(string name) => Fields.FirstOrDefault(one => one.Name == name);

    /// <summary>
    /// Reads the form whose start the reader stands on, and moves to its end. False when it is no form: its type is unknown, it has a field twice (XEP-0004 §3.2), or it is too large.
    /// </summary>
    public static bool TryRead(ref XmlElementReader reader, [NotNullWhen(true)] out DataForm? form)
    {
        form = null;
        if (!reader.TryGetAttribute("type"u8, out var typeName) || ParseType(typeName) is not { } type)
        {
            return false;
        }

        var fields = new List<DataFormField>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var values = 0;
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (!reader.Is("field"u8, "jabber:x:data"u8))
            {
                reader.Skip();
                continue;
            }

            var hasName = reader.TryGetAttribute("var"u8, out var name);
            var read = ReadValues(ref reader, ValuesMax - values);
            if (read is not { } some || fields.Count == FieldsMax)
            {
                return false;
            }

            // A field without a name is text for people (XEP-0004 §3.2).
            values += some.Length;
            if (hasName && !names.Add(name!))
            {
                return false;
            }

            if (hasName)
            {
                fields.Add(new DataFormField(name!, some));
            }
        }

        form = new DataForm(type, [.. fields]);
        return true;
    }

    /// <summary>A value of type <c>boolean</c> (XEP-0004 §3.3); null when it is none.</summary>
    public static bool? ParseBoolean(string value) => value.Trim() switch
    {
        "1" or "true" => true,
        "0" or "false" => false,
        _ => null,
    };

    public static string WireName(DataFormType type) => type switch
    {
        DataFormType.Form => "form",
        DataFormType.Submit => "submit",
        DataFormType.Cancel => "cancel",
        _ => "result",
    };

    private static DataFormType? ParseType(string name) => name switch
    {
        "form" => DataFormType.Form,
        "submit" => DataFormType.Submit,
        "cancel" => DataFormType.Cancel,
        "result" => DataFormType.Result,
        _ => null,
    };

    /// <summary>Null when there are more than may be.</summary>
    private static ImmutableArray<string>? ReadValues(ref XmlElementReader reader, int valuesMax)
    {
        var values = ImmutableArray.CreateBuilder<string>();
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (!reader.Is("value"u8, "jabber:x:data"u8))
            {
                reader.Skip();
            }
            else if (values.Count == valuesMax)
            {
                return null;
            }
            else
            {
                values.Add(reader.ReadText());
            }
        }

        return values.ToImmutable();
    }
}
