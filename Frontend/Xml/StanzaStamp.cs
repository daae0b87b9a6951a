namespace Krewe.Frontend.Xml;

/// <summary>
/// Rewrites a stanza into the form that is routed (<see cref="Krewe.Contracts.Stanzas.StanzaFrame"/>): <c>to</c> first, then the stamped <c>from</c>
/// (RFC 6120 §8.1.2.1), then what else the sender wrote. The stanza's own default namespace goes, since each stream has its own content namespace;
/// prefixes that only the sender's stream declared come in (§4.8.5). Everything behind the start tag is untouched.
/// </summary>
internal static class StanzaStamp
{
    /// <param name="element">The whole stanza.</param>
    /// <param name="head">What the framer says about it.</param>
    /// <param name="fromEscaped">The sender, escaped for an attribute; empty for none.</param>
    /// <param name="toEscaped">The addressee, escaped for an attribute; empty for the one that is in the stanza, if any.</param>
    /// <param name="streamLang">The stream's <c>xml:lang</c>, escaped, for a stanza without one (RFC 6120 §8.1.5); may be empty.</param>
    /// <param name="streamDeclarations"><see cref="StreamHeader.PrefixDeclarations"/>, added when the stanza uses one of them.</param>
    /// <param name="toEnd">Where the result goes on behind its name and its <c>to</c>.</param>
    public static byte[] Stamp(
        ReadOnlySpan<byte> element,
        in ElementHead head,
        ReadOnlySpan<byte> fromEscaped,
        ReadOnlySpan<byte> toEscaped,
        ReadOnlySpan<byte> streamLang,
        ReadOnlySpan<byte> streamDeclarations,
        out int toEnd)
    {
        var attributes = element[head.NameRange.End..(head.StartTagEnd - (head.IsEmptyElement ? 2 : 1))];
        var kept = new KeptAttributes(attributes);
        var missing = head.UsesStreamPrefix ? new MissingDeclarations(streamDeclarations, attributes) : default;
        var hasTo = head.HasTo || !toEscaped.IsEmpty;
        var to = toEscaped.IsEmpty ? head.To(element) : toEscaped;
        var lang = head.HasLang ? default : streamLang;
        var tail = element[(head.StartTagEnd - (head.IsEmptyElement ? 2 : 1))..];

        var result = GC.AllocateUninitializedArray<byte>(
            1 + head.NameRange.Length
            + (hasTo ? AttributeLength("to"u8, to) : 0)
            + (fromEscaped.IsEmpty ? 0 : AttributeLength("from"u8, fromEscaped))
            + (lang.IsEmpty ? 0 : AttributeLength("xml:lang"u8, lang))
            + missing.Length + kept.Length + tail.Length);
        var rest = result.AsSpan();
        Put(ref rest, "<"u8);
        Put(ref rest, head.Name(element));
        if (hasTo)
        {
            PutAttribute(ref rest, "to"u8, to);
        }

        toEnd = result.Length - rest.Length;
        if (!fromEscaped.IsEmpty)
        {
            PutAttribute(ref rest, "from"u8, fromEscaped);
        }

        if (!lang.IsEmpty)
        {
            PutAttribute(ref rest, "xml:lang"u8, lang);
        }

        missing.Put(ref rest);
        kept.Put(ref rest);
        Put(ref rest, tail);
        return result;
    }

    private static int AttributeLength(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => name.Length + value.Length + 4;

    private static void PutAttribute(ref Span<byte> rest, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        // A value as it was sent may hold the quote that it was not enclosed in.
        var quote = value.Contains((byte)'\'') ? "\""u8 : "'"u8;
        Put(ref rest, " "u8);
        Put(ref rest, name);
        Put(ref rest, "="u8);
        Put(ref rest, quote);
        Put(ref rest, value);
        Put(ref rest, quote);
    }

    private static void Put(ref Span<byte> rest, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }

    /// <summary>The attributes that stay, in the few runs that cutting out three of them leaves.</summary>
    private readonly ref struct KeptAttributes
    {
        // Between and around to, from and xmlns.
        private readonly ReadOnlySpan<byte> _first, _second, _third, _fourth;

        public KeptAttributes(ReadOnlySpan<byte> attributes)
        {
            var start = 0;
            var cuts = 0;
            var cursor = new AttributeCursor(attributes);
            while (cursor.MoveNext())
            {
                if (!cursor.Name.SequenceEqual("to"u8) && !cursor.Name.SequenceEqual("from"u8) && !cursor.Name.SequenceEqual("xmlns"u8))
                {
                    continue;
                }

                var run = attributes[start..cursor.Start];
                start = cursor.End;
                switch (cuts++)
                {
                    case 0:
                        _first = run;
                        break;
                    case 1:
                        _second = run;
                        break;
                    default:
                        _third = run;
                        break;
                }
            }

            _fourth = attributes[start..];
        }

        public int Length => _first.Length + _second.Length + _third.Length + _fourth.Length;

        public void Put(ref Span<byte> rest)
        {
            StanzaStamp.Put(ref rest, _first);
            StanzaStamp.Put(ref rest, _second);
            StanzaStamp.Put(ref rest, _third);
            StanzaStamp.Put(ref rest, _fourth);
        }
    }

    /// <summary>The stream's declarations without those whose prefix the stanza declares itself.</summary>
    private readonly ref struct MissingDeclarations
    {
        private readonly ReadOnlySpan<byte> _declarations, _attributes;

        public MissingDeclarations(ReadOnlySpan<byte> declarations, ReadOnlySpan<byte> attributes)
        {
            _declarations = declarations;
            _attributes = attributes;
            var cursor = new AttributeCursor(declarations);
            while (cursor.MoveNext())
            {
                Length += IsMissing(cursor.Name) ? cursor.End - cursor.Start : 0;
            }
        }

        public int Length { get; }

        public void Put(ref Span<byte> rest)
        {
            var cursor = new AttributeCursor(_declarations);
            while (cursor.MoveNext())
            {
                if (IsMissing(cursor.Name))
                {
                    StanzaStamp.Put(ref rest, _declarations[cursor.Start..cursor.End]);
                }
            }
        }

        private bool IsMissing(ReadOnlySpan<byte> name)
        {
            var cursor = new AttributeCursor(_attributes);
            while (cursor.MoveNext())
            {
                if (cursor.Name.SequenceEqual(name))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
