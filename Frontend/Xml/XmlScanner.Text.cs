using System.Buffers;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <content>Character data and attribute values (XML 1.0 §2.4, §2.7, §3.1).</content>
internal sealed partial class XmlScanner
{
    private bool ScanContent(ReadOnlySpan<byte> data)
    {
        while (_position < data.Length)
        {
            if (_brackets > 0)
            {
                if (!ScanBrackets(data, out var isEnd))
                {
                    return false;
                }

                _brackets = 0;
                if (isEnd)
                {
                    StreamException.Throw(StreamErrorCondition.NotWellFormed);
                }
            }

            if (!TrySkipRun(data, XmlChars.TextStops))
            {
                return false;
            }

            switch (data[_position])
            {
                case (byte)'<':
                    _state = State.Markup;
                    return true;
                case (byte)'&':
                    if (!XmlReferences.TryScan(data[_position..], out var length))
                    {
                        return false;
                    }

                    _position += length;
                    break;
                case (byte)']':
                    _brackets = 1;
                    _position++;
                    break;
                default:
                    StreamException.Throw(StreamErrorCondition.NotWellFormed);
                    break;
            }
        }

        return false;
    }

    private bool ScanCData(ReadOnlySpan<byte> data)
    {
        while (_position < data.Length)
        {
            if (_brackets > 0)
            {
                if (!ScanBrackets(data, out var isEnd))
                {
                    return false;
                }

                _brackets = 0;
                if (isEnd)
                {
                    _position++;
                    _state = State.Content;
                    return true;
                }
            }

            if (!TrySkipRun(data, XmlChars.CDataStops))
            {
                return false;
            }

            if (data[_position] != (byte)']')
            {
                StreamException.Throw(StreamErrorCondition.NotWellFormed);
            }

            _brackets = 1;
            _position++;
        }

        return false;
    }

    private bool ScanValue(ReadOnlySpan<byte> data)
    {
        // The closing quote included.
        var end = _valueStart + limits.AttributeBytesMax + 1;
        var window = data.Length > end ? data[..end] : data;
        while (TrySkipRun(window, _quote == (byte)'"' ? XmlChars.DoubleQuotedStops : XmlChars.SingleQuotedStops))
        {
            if (window[_position] == _quote)
            {
                AddAttribute(new ByteRange(_valueStart, _position - _valueStart));
                _position++;
                _state = State.Tag;
                _sawSpace = false;
                return true;
            }

            if (window[_position] != (byte)'&')
            {
                StreamException.Throw(StreamErrorCondition.NotWellFormed);
            }

            if (!XmlReferences.TryScan(window[_position..], out var length))
            {
                break;
            }

            _position += length;
        }

        if (data.Length >= end)
        {
            StreamException.Throw(StreamErrorCondition.PolicyViolation, "attribute too long");
        }

        return false;
    }

    // False when the bytes end before a stop comes; what is known to be whole characters is behind the position by then.
    private bool TrySkipRun(ReadOnlySpan<byte> data, SearchValues<byte> stops)
    {
        var rest = data[_position..];
        var stop = rest.IndexOfAny(stops);
        if (stop != 0)
        {
            _position += XmlChars.CountWhole(stop < 0 ? rest : rest[..stop], complete: stop > 0);
        }

        return stop >= 0;
    }

    // Counts closing brackets, of which two in front of a '>' end a CDATA section and are forbidden elsewhere. False when the bytes end in them.
    private bool ScanBrackets(ReadOnlySpan<byte> data, out bool isEnd)
    {
        while (_position < data.Length && data[_position] == (byte)']')
        {
            _brackets = 2;
            _position++;
        }

        isEnd = _brackets == 2 && _position < data.Length && data[_position] == (byte)'>';
        return _position < data.Length;
    }
}
