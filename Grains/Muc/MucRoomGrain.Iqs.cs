using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>IQs from one occupant to another, which never learn each other's addresses by it (XEP-0045 §17.4), and self-pings (XEP-0410).</summary>
internal sealed partial class MucRoomGrain
{
    /// <summary>How long an IQ that was passed on may be answered, and how many of one room may be under way.</summary>
    private static readonly TimeSpan RelayedFor = TimeSpan.FromSeconds(60);

    private const int RelayedMax = 1000;

    /// <summary>Of these, those of one session.</summary>
    private const int RelayedPerSessionMax = 50;

    private readonly Dictionary<string, RelayedIq> _relayed = new(StringComparer.Ordinal);
    private IGrainTimer? _relayTimer;

    /// <summary>A request on its way from one occupant to another.</summary>
    private sealed record RelayedIq(MucVisit From, MucVisit To, Jid Asked, string Id, DateTimeOffset Until);

    public async Task<MucIqResult> IqAsync(MucIq iq)
    {
        var isRequest = iq.Type is StanzaType.Get or StanzaType.Set;
        if (_occupants.Find(iq.Sender) is not { } visit)
        {
            // XEP-0410 §3.3 for a ping; XEP-0045 §6.6 and §17.4 for everything else.
            return new(false, !isRequest ? null : iq.IsPing ? StanzaError.NotAcceptable : StanzaError.BadRequest);
        }

        if (!isRequest)
        {
            await AnswerRelayedAsync(visit, iq);
            return new(false, null);
        }

        if (iq.Nickname == visit.Occupant.Nickname && iq.IsPing)
        {
            return new(true, null);
        }

        if (!_occupants.TryGet(iq.Nickname, out var recipient))
        {
            // A session that believes itself to be here under another name learns that it is not (XEP-0410 §3.3).
            return new(false, iq.IsPing ? StanzaError.NotAcceptable : StanzaError.ItemNotFound);
        }

        if (_relayed.Count >= RelayedMax || visit.RelayedCount >= RelayedPerSessionMax)
        {
            return new(false, StanzaError.ResourceConstraint);
        }

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        _relayed.Add(id, new RelayedIq(visit, recipient.Primary, recipient.Jid, iq.Id, time.GetUtcNow() + RelayedFor));
        visit.RelayedCount++;
        _relayTimer ??= this.RegisterGrainTimer(ExpireRelayedAsync, new GrainTimerCreationOptions { DueTime = RelayedFor / 4, Period = RelayedFor / 4, Interleave = true });
        await _audience.ToAsync(recipient.Primary.Session, Passed(visit.Occupant.Jid, iq, id));
        return new(false, null);
    }

    /// <summary>Only the session that was asked may answer, and only once.</summary>
    private Task AnswerRelayedAsync(MucVisit answerer, MucIq iq)
    {
        if (!_relayed.TryGetValue(iq.Id, out var relayed) || relayed.To != answerer)
        {
            return Task.CompletedTask;
        }

        Take(iq.Id, relayed);

        // Whoever left is no longer told what occupants say; but every request has an answer (RFC 6120 §8.2.3).
        return relayed.From.Place is null
            ? FailAsync(relayed, StanzaError.NotAcceptable)
            : _audience.ToAsync(relayed.From.Session, Passed(relayed.Asked, iq, relayed.Id));
    }

    private static MucStanza Passed(Jid from, MucIq iq, string id) =>
        new() { Kind = StanzaKind.Iq, Type = iq.Type, From = from, Id = id, Payload = iq.Payload };

    private void Take(string id, RelayedIq relayed)
    {
        _relayed.Remove(id);
        relayed.From.RelayedCount--;
    }

    private Task FailAsync(RelayedIq relayed, StanzaError error) => _audience.ToAsync(
        relayed.From.Session, new MucStanza { Kind = StanzaKind.Iq, Type = StanzaType.Error, From = relayed.Asked, Id = relayed.Id, Error = error });

    private async Task ExpireRelayedAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var sent = new List<Task>();
        foreach (var (id, relayed) in _relayed.ToArray())
        {
            var isAsked = relayed.To.Place is not null;
            if (!isAsked || relayed.Until <= now)
            {
                Take(id, relayed);
                sent.Add(FailAsync(relayed, isAsked ? StanzaError.RemoteServerTimeout : StanzaError.ItemNotFound));
            }
        }

        if (_relayed.Count == 0)
        {
            _relayTimer?.Dispose();
            _relayTimer = null;
        }

        await Task.WhenAll(sent);
    }

    /// <summary>The room is over: nobody answers any more.</summary>
    private void AbandonRelayed()
    {
        foreach (var (id, relayed) in _relayed.ToArray())
        {
            Take(id, relayed);
            _ = FailAsync(relayed, StanzaError.ItemNotFound);
        }
    }
}
