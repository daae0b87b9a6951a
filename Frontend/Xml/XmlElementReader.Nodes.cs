using System.Buffers;
using System.Text;

namespace Krewe.Frontend.Xml;

/// <content>Where one node ends and the next begins.</content>
internal ref partial struct XmlElementReader
{
    // False when what was read is no node of its own, or nothing.
    private bool TryReadNode()
    {
        var rest = _element[_position..];
        if (rest[0] != (byte)'<')
        {
            var length = rest.IndexOf((byte)'<');
            return SetText(rest[..(length < 0 ? rest.Length : length)], isCData: false, length < 0 ? rest.Length : length);
        }

        if (rest.StartsWith("<![CDATA["u8))
        {
            var text = rest[9..];
            var length = text.IndexOf("]]>"u8);
            return SetText(length < 0 ? text : text[..length], isCData: true, length < 0 ? rest.Length : length + 12);
        }

        return rest is [_, (byte)'/', ..] ? ReadEnd(rest) : ReadStart(rest);
    }

    private bool SetText(ReadOnlySpan<byte> text, bool isCData, int consumed)
    {
        _position += consumed;
        _text = text;
        _isCData = isCData;
        Node = XmlNode.Text;
        return !text.IsEmpty && _open > 0;
    }

    private bool ReadEnd(ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'>');
        if (end < 0 || _open == 0)
        {
            return GiveUp();
        }

        _name = rest[2..end].TrimEnd(" \t\r\n"u8);
        _attributes = default;
        _position += end + 1;
        Node = XmlNode.End;
        return true;
    }

    private static readonly SearchValues<byte> NameEnds = SearchValues.Create(" \t\r\n/>"u8);

    private bool ReadStart(ReadOnlySpan<byte> rest)
    {
        var nameEnd = rest.IndexOfAny(NameEnds);
        var end = nameEnd < 0 ? -1 : FindTagEnd(rest, nameEnd);
        if (end < 0)
        {
            return GiveUp();
        }

        IsEmpty = rest[end - 1] == (byte)'/';
        _name = rest[1..nameEnd];
        _attributes = rest[nameEnd..Math.Max(nameEnd, IsEmpty ? end - 1 : end)];
        _start = _position;
        _position += end + 1;
        _open++;
        Node = XmlNode.Start;
        NoteDeclarations();
        return true;
    }

    private bool GiveUp()
    {
        _position = _element.Length;
        return false;
    }

    // A '>' between quotes is an ordinary character.
    private static int FindTagEnd(ReadOnlySpan<byte> tag, int position)
    {
        while (true)
        {
            var stop = tag[position..].IndexOfAny((byte)'>', (byte)'\'', (byte)'"');
            if (stop < 0)
            {
                return -1;
            }

            position += stop;
            if (tag[position] == (byte)'>')
            {
                return position;
            }

            var close = tag[(position + 1)..].IndexOf(tag[position]);
            if (close < 0)
            {
                return -1;
            }

            position += close + 2;
        }
    }

    // References mean nothing in a CDATA section; line ends do (XML 1.0 §2.7, §2.11).
    private readonly string DecodeCData() => Encoding.UTF8.GetString(_text).Replace("\r\n", "\n").Replace('\r', '\n');
}
