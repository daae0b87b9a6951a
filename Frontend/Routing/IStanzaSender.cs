using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Frontend.Routing;

/// <summary>Whom a stanza came from, and who is told what became of it: a client's bound stream, or an address of a component.</summary>
internal interface IStanzaSender
{
    /// <summary>What its stanzas are stamped with (RFC 6120 §8.1.2.1).</summary>
    Jid Address { get; }

    /// <summary>The domain of <see cref="Address"/>.</summary>
    string Domain { get; }

    /// <summary>What the domain is, with the settings of its host as they are now.</summary>
    HostedDomain Hosted { get; }

    /// <summary><see cref="Address"/>, escaped for an attribute.</summary>
    ReadOnlySpan<byte> FromFull { get; }

    /// <summary>Its bare form, escaped for an attribute.</summary>
    ReadOnlySpan<byte> FromBare { get; }

    /// <summary>The <c>xml:lang</c> of its stream, escaped; empty for none.</summary>
    ReadOnlySpan<byte> StreamLang { get; }

    /// <summary>What the stream's header declared beyond the usual, as declarations to repeat on a stanza that uses it.</summary>
    ReadOnlySpan<byte> StreamDeclarations { get; }

    /// <summary>Writes one element, in no declared namespace, to it; false when its stream cannot take it any more.</summary>
    bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default);

    /// <summary>It was answered with so much: what costs more than it looks like counts towards what the sender may send.</summary>
    void ChargeAnswer(int bytes)
    {
    }

    void CountRefusal(string condition);

    void LogFailure(Exception e);
}
