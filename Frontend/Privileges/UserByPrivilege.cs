using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Muc;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Privileges;

/// <summary>
/// A user, or the host itself, as the sender of one stanza that an entity sends on their behalf (XEP-0356 §5, §6). It goes where the user's own would, by the same
/// rules, and is in no room: that takes a resource.
/// </summary>
/// <param name="stream">The entity's.</param>
/// <param name="address">A bare JID of the host, or its domain.</param>
/// <param name="declarations">Of the prefixes that stand around the stanza.</param>
internal sealed class UserByPrivilege(IEntityStream stream, Jid address, HostSettings host, byte[] declarations, PrivilegeServices services) : IRoomVisitor
{
    private readonly byte[] _from = XmppWriter.Escape(address.ToString());
    private MucSession? _session;

    /// <summary>The request that the stanza is; null for a message, whose errors nobody waits for (RFC 6121 §8.5.2.1.1: to a bare JID they are dropped).</summary>
    public PrivilegedIq? Request { get; init; }

    public Jid Address => address;

    public string Domain => host.Domain;

    public HostedDomain Hosted => new(host, null);

    public ReadOnlySpan<byte> FromFull => _from;

    public ReadOnlySpan<byte> FromBare => _from;

    public ReadOnlySpan<byte> StreamLang => default;

    public ReadOnlySpan<byte> StreamDeclarations => declarations;

    /// <summary>Since when the entity is told of what changes.</summary>
    public DateTimeOffset Since => stream.Since;

    /// <summary>Who does it, and is never asked what it asks (specs D-026).</summary>
    public IEntityStream Entity => stream;

    public MucSession MucSession => _session ??= services.NewSession(address);

    public RoomVisits? Rooms { get; set; }

    /// <summary>What the server answers is for the entity.</summary>
    public bool Enqueue(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        if (Request is { } request)
        {
            // What is given may stand in the very buffer that the answer is written to.
            byte[] answer = [.. first, .. second, .. third];
            request.Answer(answer);
        }

        return true;
    }

    public void CountRefusal(string condition) => services.Instruments.Refused(condition);

    public void LogFailure(Exception e) => stream.LogFailure(e);
}
