using System.Collections.Concurrent;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Components;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Privileges;

/// <summary>
/// Tells each connection of a component which privileges it has, one message for each host that gives it any (XEP-0356 §4.2, specs P-010 to P-012): when it connects,
/// when such a host is loaded, and when what it has there changes.
/// </summary>
internal sealed partial class PrivilegeAdvertiser : IComponentObserver, IDisposable
{
    private readonly GrantingHosts _granting;
    private readonly PresenceIntroduction _introduction;
    private readonly ILogger<PrivilegeAdvertiser> _log;
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<ComponentStream, Announced>> _streams = new(StringComparer.Ordinal);
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

    public ValueTask ConnectedAsync(ComponentStream stream)
    {
        var announced = new Announced();
        lock (announced)
        {
            _streams.GetOrAdd(stream.Domain, static _ => []).TryAdd(stream, announced);
            foreach (var host in _granting.Of(stream.Owner))
            {
                Review(stream, announced, host.Domain);
            }
        }

        return default;
    }

    public void Disconnected(ComponentStream stream)
    {
        // A table of no connections may stay: there is one for each component that was ever connected.
        if (_streams.TryGetValue(stream.Domain, out var streams) && streams.TryRemove(stream, out var announced)
            && stream.Owner.Component is ExternalComponentSettings { ConflictResolve: ComponentConflict.Balance }
            && streams.Keys.FirstOrDefault(static other => other.IsOpen) is { } other)
        {
            IntroduceAgain(other, announced);
        }
    }

    public void Dispose() => _granting.Changed -= OnChanged;

    /// <summary>The users whom a lost connection served are the others' now, who have not heard of them; of the rest they are told nothing twice.</summary>
    private void IntroduceAgain(ComponentStream other, Announced announced)
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

    private void OnChanged(string component, string host)
    {
        if (!_streams.TryGetValue(component, out var streams))
        {
            return;
        }

        foreach (var (stream, announced) in streams)
        {
            lock (announced)
            {
                // Its own host says of what generation it is and to which tenant it belongs, which counts everywhere.
                string[] reviewed = host == stream.OwnerDomain ? [.. _granting.Of(stream.Owner).Select(granting => granting.Domain).Union(announced.Keys)] : [host];
                foreach (var domain in reviewed)
                {
                    Review(stream, announced, domain);
                }
            }
        }
    }

    private void Review(ComponentStream stream, Announced announced, string domain)
    {
        var owner = stream.Owner;
        if (owner.Component is not ExternalComponentSettings component)
        {
            return;
        }

        var host = _granting.Find(owner, domain);
        var privileges = host?.PrivilegedEntities.GetValueOrDefault(component.Domain) ?? new EntityPrivileges();
        var known = announced.GetValueOrDefault(domain);
        var payload = PrivilegeAnnouncement.Payload(component, host ?? HostSettings.Default(domain), privileges);
        if (known.Payload == payload || (known.Payload is null && privileges.IsEmpty))
        {
            return;
        }

        if (privileges.Presence < known.Presence)
        {
            EndPresence(stream, domain);
        }

        Write(stream, domain, payload);
        LogPrivileges(domain, component.Domain, privileges.Roster, privileges.MayMessage, privileges.Presence, string.Join(' ', privileges.Iq.Keys.Order(StringComparer.Ordinal)));
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
    private static void EndPresence(ComponentStream stream, string host)
    {
        foreach (var unseen in stream.Seen.Forget(host))
        {
            stream.TryDeliver(new StanzaFrame(StanzaKind.Presence, StanzaType.Unavailable, unseen, null, null, default, 0), stream.Self);
        }
    }

    private void Write(ComponentStream stream, string host, string payload)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<message"u8);
        xml.Attribute("to"u8, stream.Domain);
        xml.Attribute("from"u8, host);
        xml.Attribute("id"u8, $"privileges-{Interlocked.Increment(ref _messages)}");
        xml.Raw(">"u8);
        xml.Raw(System.Text.Encoding.UTF8.GetBytes(payload));
        xml.Raw("</message>"u8);
        stream.CountSent(StanzaKind.Message);
        stream.EnqueueScoped(output.WrittenSpan);
    }

    [LoggerMessage(2110, LogLevel.Information,
        "Privileges for users of {Host} that {Component} has: rosters {Roster}, messages {MayMessage}, presence {Presence}, IQs of [{Namespaces}]")]
    private partial void LogPrivileges(string host, string component, PrivilegeAccess roster, bool mayMessage, PresencePrivilege presence, string namespaces);
}
