using System.Diagnostics.CodeAnalysis;
using Krewe.Contracts.Addressing;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Components;

/// <summary>Reads addresses, and remembers the last one: much of what a component sends is for, or of, the same user as before.</summary>
internal struct LastJid
{
    private byte[]? _raw;
    private Jid? _jid;

    public bool TryParse(ReadOnlySpan<byte> raw, [NotNullWhen(true)] out Jid? jid)
    {
        if (_jid is not null && raw.SequenceEqual(_raw))
        {
            jid = _jid;
            return true;
        }

        if (!RawValues.TryParseJid(raw, out jid))
        {
            return false;
        }

        (_raw, _jid) = (raw.ToArray(), jid);
        return true;
    }
}
