using System.Buffers;
using System.Text;

namespace Krewe.Frontend.Xml;

/// <summary>
/// Writes XML into a buffer, escaped so that it can stand in text and in either kind of quotes. Characters that XML 1.0 §2.2 forbids become U+FFFD.
/// It does not check that what is written raw is well-formed.
/// </summary>
internal readonly struct XmppWriter(IBufferWriter<byte> output)
{
    // Carriage returns, and in attributes all white space but the blank, would not survive the reader's normalisation (XML 1.0 §2.11, §3.3.3).
    private static readonly SearchValues<char> s_stops = SearchValues.Create("&<>'\"\t\n\r\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000B\u000C\u000E\u000F\u0010"
        + "\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001A\u001B\u001C\u001D\u001E\u001F\uFFFE\uFFFF");

    public void Raw(ReadOnlySpan<byte> utf8) => output.Write(utf8);

    /// <summary><c> name='value'</c>, with the space in front.</summary>
    public void Attribute(ReadOnlySpan<byte> name, string value)
    {
        OpenAttribute(name);
        Escaped(value);
        output.Write("'"u8);
    }

    /// <summary>As above, for a value that is escaped already.</summary>
    public void AttributeRaw(ReadOnlySpan<byte> name, ReadOnlySpan<byte> escaped)
    {
        OpenAttribute(name);
        output.Write(escaped);
        output.Write("'"u8);
    }

    /// <summary>A number, in digits.</summary>
    public void Number(int value)
    {
        value.TryFormat(output.GetSpan(11), out var length, provider: System.Globalization.CultureInfo.InvariantCulture);
        output.Advance(length);
    }

    /// <summary>Content text. Line feeds and tabs stay as they are.</summary>
    public void Text(string text) => Escape(text, isText: true);

    /// <summary>Text for an attribute's value.</summary>
    public void Escaped(ReadOnlySpan<char> text) => Escape(text, isText: false);

    /// <summary>Text for an attribute's value, or for content, that is UTF-8 already.</summary>
    public void EscapedUtf8(ReadOnlySpan<byte> text)
    {
        if (Ascii.IsValid(text) && text.IndexOfAnyExcept(s_plainBytes) < 0)
        {
            output.Write(text);
            return;
        }

        Escaped(Encoding.UTF8.GetString(text));
    }

    /// <summary>A string as an escaped attribute value.</summary>
    public static byte[] Escape(string text)
    {
        if (!text.AsSpan().ContainsAny(s_stops))
        {
            return Encoding.UTF8.GetBytes(text);
        }

        var output = new ArrayBufferWriter<byte>(text.Length + 16);
        new XmppWriter(output).Escaped(text);
        return output.WrittenSpan.ToArray();
    }

    private static readonly SearchValues<byte> s_plainBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !#$%()*+,-./:;=?@[\\]^_`{|}~"u8);

    private void OpenAttribute(ReadOnlySpan<byte> name)
    {
        output.Write(" "u8);
        output.Write(name);
        output.Write("='"u8);
    }

    private void Escape(ReadOnlySpan<char> text, bool isText)
    {
        while (true)
        {
            // Stops are never halves of a pair, so that no run cuts one; a half that stands alone becomes U+FFFD in the transcoding.
            var stop = text.IndexOfAny(s_stops);
            Encoding.UTF8.GetBytes(stop < 0 ? text : text[..stop], output);
            if (stop < 0)
            {
                return;
            }

            output.Write(text[stop] switch
            {
                '&' => "&amp;"u8,
                '<' => "&lt;"u8,
                '>' => "&gt;"u8,
                '\'' => "&apos;"u8,
                '"' => "&quot;"u8,
                '\r' => "&#13;"u8,
                '\t' => isText ? "\t"u8 : "&#9;"u8,
                '\n' => isText ? "\n"u8 : "&#10;"u8,
                _ => "\uFFFD"u8,
            });
            text = text[(stop + 1)..];
        }
    }
}
