using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Forms;

/// <summary>XEP-0004 §3.3: how a field's values are shown and checked.</summary>
internal enum DataFormFieldType : byte
{
    Boolean = 0,
    Fixed = 1,
    Hidden = 2,
    JidMulti = 3,
    JidSingle = 4,
    ListMulti = 5,
    ListSingle = 6,
    TextMulti = 7,
    TextPrivate = 8,
    TextSingle = 9,
}

/// <param name="Label">For people's eyes.</param>
internal sealed record DataFormOption(string Value, string Label);

/// <summary>Writes forms and results (XEP-0004 §3), each with whose fields they are in front (XEP-0068 §3).</summary>
internal static class DataFormWriter
{
    public static void WriteStart(ref XmppWriter xml, DataFormType type, string formType, string? title = null, string? instructions = null)
    {
        xml.Raw("<x xmlns='jabber:x:data'"u8);
        xml.Attribute("type"u8, DataForm.WireName(type));
        xml.Raw(">"u8);
        WriteText(ref xml, "title"u8, title);
        WriteText(ref xml, "instructions"u8, instructions);
        WriteField(ref xml, DataFormFieldType.Hidden, "FORM_TYPE", null, [formType]);
    }

    public static void WriteField(
        ref XmppWriter xml, DataFormFieldType type, string name, string? label, ReadOnlySpan<string> values, ReadOnlySpan<DataFormOption> options = default, bool isRequired = false)
    {
        xml.Raw("<field"u8);
        xml.Attribute("type"u8, WireName(type));
        xml.Attribute("var"u8, name);
        if (label is not null)
        {
            xml.Attribute("label"u8, label);
        }

        xml.Raw(">"u8);
        if (isRequired)
        {
            xml.Raw("<required/>"u8);
        }

        foreach (var value in values)
        {
            WriteText(ref xml, "value"u8, value);
        }

        foreach (var option in options)
        {
            xml.Raw("<option"u8);
            xml.Attribute("label"u8, option.Label);
            xml.Raw(">"u8);
            WriteText(ref xml, "value"u8, option.Value);
            xml.Raw("</option>"u8);
        }

        xml.Raw("</field>"u8);
    }

    /// <summary>A field of a result that was read: what type it had is not known any more, and its name says it (XEP-0128 §2).</summary>
    public static void WriteResultField(ref XmppWriter xml, DataFormField field)
    {
        xml.Raw("<field"u8);
        xml.Attribute("var"u8, field.Name);
        xml.Raw(">"u8);
        foreach (var value in field.Values)
        {
            WriteText(ref xml, "value"u8, value);
        }

        xml.Raw("</field>"u8);
    }

    public static void WriteEnd(ref XmppWriter xml) => xml.Raw("</x>"u8);

    public static string WireName(bool value) => value ? "1" : "0";

    public static string WireName(DataFormFieldType type) => type switch
    {
        DataFormFieldType.Boolean => "boolean",
        DataFormFieldType.Fixed => "fixed",
        DataFormFieldType.Hidden => "hidden",
        DataFormFieldType.JidMulti => "jid-multi",
        DataFormFieldType.JidSingle => "jid-single",
        DataFormFieldType.ListMulti => "list-multi",
        DataFormFieldType.ListSingle => "list-single",
        DataFormFieldType.TextMulti => "text-multi",
        DataFormFieldType.TextPrivate => "text-private",
        _ => "text-single",
    };

    private static void WriteText(ref XmppWriter xml, ReadOnlySpan<byte> name, string? text)
    {
        if (text is null)
        {
            return;
        }

        xml.Raw("<"u8);
        xml.Raw(name);
        xml.Raw(">"u8);
        xml.Text(text);
        xml.Raw("</"u8);
        xml.Raw(name);
        xml.Raw(">"u8);
    }
}
