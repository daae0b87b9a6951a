using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Muc.Rooms;

/// <summary>
/// A frontend that keeps what each session is sent: as stanzas, and as lines such as <c>+Romeo owner/moderator &lt;romeo/orchard&gt; [110 201] #1</c> for presence,
/// <c>-Romeo …</c> for unavailable presence, <c>Romeo: text</c> for a message.
/// </summary>
internal sealed class RoomSink : IFrontendSink
{
    private readonly Lock _gate = new();
    private readonly HashSet<long> _gone = [];
    private readonly Dictionary<long, List<MucStanza>> _received = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many deliveries came, whatever the number of their readers.</summary>
    public int Deliveries { get; private set; }

    /// <summary>Runs before a batch is taken.</summary>
    public Func<DeliveryBatch, Task>? Before { get; set; }

    /// <summary>The stream is lost, and the room does not know it yet.</summary>
    public void Lose(long session)
    {
        lock (_gate)
        {
            _gone.Add(session);
        }
    }

    /// <summary>What came for a session since the last call.</summary>
    public IReadOnlyList<MucStanza> Take(long session)
    {
        lock (_gate)
        {
            return _received.Remove(session, out var received) ? received : [];
        }
    }

    /// <summary>Waits for a stanza, and takes everything up to it and behind it.</summary>
    public async Task<IReadOnlyList<MucStanza>> UntilAsync(long session, Func<MucStanza, bool> isIt)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_received.TryGetValue(session, out var received) && received.Exists(stanza => isIt(stanza)))
                {
                    return Take(session);
                }

                more = _more.Task;
            }

            await more.WaitAsync(Timeouts.Test);
        }
    }

    public async Task<DeliveryReport> DeliverAsync(DeliveryBatch batch)
    {
        await (Before?.Invoke(batch) ?? Task.CompletedTask);
        lock (_gate)
        {
            var gone = ImmutableArray.CreateBuilder<long>();
            foreach (var delivery in batch.Deliveries)
            {
                Deliveries++;
                foreach (var session in delivery.Sessions)
                {
                    if (_gone.Contains(session))
                    {
                        gone.Add(session);
                        continue;
                    }

                    if (!_received.TryGetValue(session, out var received))
                    {
                        _received.Add(session, received = []);
                    }

                    received.AddRange(delivery.Content is MucStanzas { Stanzas: var stanzas } ? stanzas : [(MucStanza)delivery.Content]);
                }
            }

            _more.SetResult();
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new DeliveryReport(gone.ToImmutable());
        }
    }

    public static string Line(MucStanza stanza)
    {
        var line = new StringBuilder();
        var who = stanza.From.Resourcepart ?? "room";
        switch (stanza)
        {
            case { Kind: StanzaKind.Presence }:
                line.Append(stanza.Type == StanzaType.Available ? '+' : '-').Append(who);
                break;
            case { Kind: StanzaKind.Iq }:
                line.Append(who).Append(' ').Append(Word(stanza.Type));
                break;
            case { Subject: { } subject }:
                line.Append(who).Append(" subject '").Append(subject).Append('\'');
                break;
            case { VoiceRequest: { } request }:
                line.Append("voice for ").Append(request.Nickname).Append(" <").Append(Short(request.Jid)).Append('>');
                break;
            default:
                line.Append(who).Append(stanza.Type == StanzaType.Groupchat ? ":" : $" {Word(stanza.Type)}:");
                break;
        }

        if (stanza.Payload.Xml.Length > 0)
        {
            line.Append(' ').Append(Encoding.UTF8.GetString(stanza.Payload.Xml.Span));
        }

        Append(line, stanza.User);
        if (stanza.Error is { } error)
        {
            line.Append(" error ").Append(error.Condition);
        }

        // Of history; when exactly is a test's own business.
        line.Append(stanza is { SentAt: not null, Subject: null } ? " earlier" : "");
        return line.Append(stanza.Id is { } id ? $" #{id}" : "").ToString();
    }

    private static void Append(StringBuilder line, MucUserExtension? user)
    {
        if (user?.Item is { } item)
        {
            line.Append(' ').Append(Word(item.Affiliation)).Append('/').Append(Word(item.Role));
            line.Append(item.Jid is { } jid ? $" <{Short(jid)}>" : "");
            line.Append(item.Nickname is { } nickname ? $" as {nickname}" : "");
            line.Append(item.Actor is { } actor ? $" by {actor}" : "");
            line.Append(item.Reason is { } reason ? $" because '{reason}'" : "");
        }

        line.Append(user is { Statuses: { IsEmpty: false } statuses } ? $" [{string.Join(' ', statuses)}]" : "");
        line.Append(user?.Destroy is { } destroy ? $" destroyed '{destroy.Reason}' see {destroy.Alternate} '{destroy.Password}'" : "");
    }

    private static string Word<T>(T value)
        where T : struct, Enum => $"{value}".ToLowerInvariant();

    /// <summary>Without the domain, which is the test's own.</summary>
    private static string Short(Jid jid) => jid.IsBare ? $"{jid.Localpart}" : $"{jid.Localpart}/{jid.Resourcepart}";
}
