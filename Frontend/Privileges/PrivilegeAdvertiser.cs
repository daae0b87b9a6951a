using System.Collections.Concurrent;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Components;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Privileges;

/// <summary>
/// Tells each connection of an entity which privileges it has, one message for each host that gives it any (XEP-0356 §4.2, specs P-010 to P-012): when it connects,
/// when such a host is loaded, and when what it has there changes.
/// </summary>
internal sealed partial class PrivilegeAdvertiser : IEntityObserver, IDisposable
{
    private readonly GrantingHosts _granting;
    private readonly PresenceIntroduction _introduction;
    private readonly ILogger<PrivilegeAdvertiser> _log;
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<IEntityStream, Announced>> _streams = new(StringComparer.Ordinal);
    private long _messages;

    public PrivilegeAdvertiser(GrantingHosts granting, PresenceIntroduction introduction, ILogger<PrivilegeAdvertiser> log)
    {
        (_granting, _introduction, _log) = (granting, introduction, log);
        granting.Changed += OnChanged;
    }

    /// <summary>What one connection was told last, by the host's domain; guarded by itself.</summary>
    private sealed class Announced : Dictionary<string, (string Payload, PresencePrivilege Presence)>
    {
        public Announced()
            : base(StringComparer.Ordinal)
        {
        }
    }

    public ValueTask ConnectedAsync(IEntityStream stream)
    {
        var announced = new Announced();
        lock (announced)
        {
            var streams = _streams.GetOrAdd(stream.Name, static _ => []);
            HandOver(streams.Keys, stream);
            streams.TryAdd(stream, announced);
            ReviewAll(stream, announced);
        }

        return default;
    }

    public void Gained(IEntityStream stream)
    {
        if (_streams.TryGetValue(stream.Name, out var streams) && streams.TryGetValue(stream, out var announced))
        {
            lock (announced)
            {
                ReviewAll(stream, announced);
            }
        }
    }

    public void Disconnected(IEntityStream stream)
    {
        // A table of no connections may stay: there is one for each entity that was ever connected.
        if (_streams.TryGetValue(stream.Name, out var streams) && streams.TryRemove(stream, out var announced)
            && stream.Owner.Component is ExternalComponentSettings { ConflictResolve: ComponentConflict.Balance }
            && streams.Keys.FirstOrDefault(static other => other.IsOpen) is { } other)
        {
            IntroduceAgain(other, announced);
        }
    }

    public void Dispose() => _granting.Changed -= OnChanged;

    /// <summary>The users whom one that joins others will serve are gone for those, which are told nothing more of them; the newcomer is told that they are there.</summary>
    private static void HandOver(IEnumerable<IEntityStream> others, IEntityStream joining)
    {
        if (joining is not ComponentStream newcomer || newcomer.Owner.Component is not ExternalComponentSettings { ConflictResolve: ComponentConflict.Balance })
        {
            return;
        }

        foreach (var other in others.OfType<ComponentStream>())
        {
            EndPresence(other, other.Seen.TakeOut(seen =>
                ComponentStickiness.OfUser(seen.Bare) is var user && ComponentStickiness.Weight(user, newcomer.Stickiness) > ComponentStickiness.Weight(user, other.Stickiness)));
        }
    }

    /// <summary>The users whom a lost connection served are the others' now, who have not heard of them; of the rest they are told nothing twice.</summary>
    private void IntroduceAgain(IEntityStream other, Announced announced)
    {
        lock (announced)
        {
            foreach (var (host, (_, presence)) in announced)
            {
                if (presence != PresencePrivilege.None)
                {
                    _introduction.Begin(other, host);
                }
            }
        }
    }

    private void OnChanged(string entity, string host)
    {
        if (!_streams.TryGetValue(entity, out var streams))
        {
            return;
        }

        foreach (var (stream, announced) in streams)
        {
            lock (announced)
            {
                // Its own host says of what generation it is and to which tenant it belongs, which counts everywhere.
                string[] reviewed = host == stream.OwnerDomain ? [.. _granting.Of(stream.Name, stream.Owner).Select(granting => granting.Domain).Union(announced.Keys)] : [host];
                foreach (var domain in reviewed)
                {
                    Review(stream, announced, domain);
                }
            }
        }
    }

    private void ReviewAll(IEntityStream stream, Announced announced)
    {
        foreach (var host in _granting.Of(stream.Name, stream.Owner))
        {
            Review(stream, announced, host.Domain);
        }
    }

    private void Review(IEntityStream stream, Announced announced, string domain)
    {
        var host = _granting.Find(stream.Name, stream.Owner, domain);
        var privileges = (host is null ? null : stream.PrivilegesAt(host)) ?? new EntityPrivileges();
        var known = announced.GetValueOrDefault(domain);
        var payload = PrivilegeAnnouncement.Payload(stream.PrivilegeGeneration, host ?? HostSettings.Default(domain), privileges);
        if (known.Payload == payload || (known.Payload is null && privileges.IsEmpty))
        {
            return;
        }

        if (privileges.Presence < known.Presence)
        {
            EndPresence(stream, stream.Seen.Forget(domain));
        }

        Write(stream, domain, payload);
        LogPrivileges(domain, stream.LogName, privileges.Roster, privileges.MayMessage, privileges.Presence, string.Join(' ', privileges.Iq.Keys.Order(StringComparer.Ordinal)));
        if (privileges.IsEmpty)
        {
            announced.Remove(domain);
        }
        else
        {
            announced[domain] = (payload, privileges.Presence);
        }

        if (privileges.Presence != known.Presence && privileges.Presence != PresencePrivilege.None)
        {
            _introduction.Begin(stream, domain);
        }
    }

    /// <summary>Whoever may not be seen any more is gone, as when a subscription ends (RFC 6121 §4.5).</summary>
    private static void EndPresence(IEntityStream stream, IReadOnlyList<Jid> unseens)
    {
        foreach (var unseen in unseens)
        {
            stream.TryDeliver(new StanzaFrame(StanzaKind.Presence, StanzaType.Unavailable, unseen, null, null, default, 0), stream.Self);
        }
    }

    private void Write(IEntityStream stream, string host, string payload)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<message"u8);
        xml.Attribute("to"u8, stream.Address);
        xml.Attribute("from"u8, host);
        xml.Attribute("id"u8, $"privileges-{Interlocked.Increment(ref _messages)}");
        xml.Raw(">"u8);
        xml.Raw(System.Text.Encoding.UTF8.GetBytes(payload));
        xml.Raw("</message>"u8);
        stream.CountSent(StanzaKind.Message);
        stream.EnqueueScoped(output.WrittenSpan);
    }

    [LoggerMessage(2110, LogLevel.Information,
        "Privileges for users of {Host} that {Entity} has: rosters {Roster}, messages {MayMessage}, presence {Presence}, IQs of [{Namespaces}]")]
    private partial void LogPrivileges(string host, string entity, PrivilegeAccess roster, bool mayMessage, PresencePrivilege presence, string namespaces);
}
