using System.Collections.Immutable;
using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>What occupants say to all and to each other (XEP-0045 §7.4, §7.5, §7.13, §8.1, §17.4).</summary>
internal sealed partial class MucRoomGrain
{
    /// <summary>How long an IQ that was passed on may be answered, and how many of one room may be under way.</summary>
    private static readonly TimeSpan RelayedFor = TimeSpan.FromSeconds(60);

    private const int RelayedMax = 1000;

    /// <summary>Of these, those of one occupant.</summary>
    private const int RelayedPerOccupantMax = 50;

    private readonly Dictionary<string, RelayedIq> _relayed = new(StringComparer.Ordinal);
    private IGrainTimer? _relayTimer;

    /// <summary>A request on its way from one occupant to another.</summary>
    private sealed record RelayedIq(MucVisit From, MucVisit To, Jid Asked, string Id, DateTimeOffset Until);

    public async Task<StanzaError?> MessageAsync(MucMessage message)
    {
        if (_occupants.Find(message.Sender) is not { } visit)
        {
            return message.Type == StanzaType.Error ? null : StanzaError.NotAcceptable;
        }

        if (message.Nickname is { } nickname)
        {
            return await SendPrivateAsync(visit, nickname, message);
        }

        if (visit.Occupant.Role < MucRole.Participant)
        {
            return StanzaError.Forbidden;
        }

        var reflected = Reflected(visit.Occupant, message);
        if (message.HasBody && Config.HistoryLength > 0)
        {
            _history.Add(reflected with { SentAt = time.GetUtcNow() }, Config.HistoryLength);
        }

        await _audience.ToAllAsync(reflected);
        return null;
    }

    public async Task<StanzaError?> SubjectAsync(MucMessage message, string subject)
    {
        if (_occupants.Find(message.Sender) is not { } visit)
        {
            return StanzaError.NotAcceptable;
        }

        var occupant = visit.Occupant;
        if (!MucPermissions.MayChangeSubject(occupant.Role, Config))
        {
            return StanzaError.Forbidden;
        }

        await SaveAsync(room => room with { Subject = new MucSubject(subject, occupant.Nickname, occupant.OccupantId, time.GetUtcNow()) });
        await _audience.ToAllAsync(Reflected(occupant, message));
        return null;
    }

    private static MucStanza Reflected(MucOccupant sender, MucMessage message) => new()
    {
        Kind = StanzaKind.Message,
        Type = StanzaType.Groupchat,
        From = sender.Jid,
        Id = message.Id,
        Payload = message.Payload,
        OccupantId = sender.OccupantId,
    };

    /// <summary>XEP-0045 §7.5: to every session of the occupant.</summary>
    private async Task<StanzaError?> SendPrivateAsync(MucVisit visit, string nickname, MucMessage message)
    {
        if (!_occupants.TryGet(nickname, out var recipient))
        {
            return message.Type == StanzaType.Error ? null : StanzaError.ItemNotFound;
        }

        if (message.Type != StanzaType.Error && !MucPermissions.MaySendPrivate(visit.Occupant.Role, recipient.Role, Config.PrivateMessages))
        {
            return StanzaError.Forbidden;
        }

        await _audience.ToAsync(recipient.Visits, Reflected(visit.Occupant, message) with { Type = message.Type, User = MucUserExtension.Empty });
        return null;
    }

    public async Task<StanzaError?> RequestVoiceAsync(MucSession sender)
    {
        if (_occupants.Find(sender) is not { } visit)
        {
            return StanzaError.NotAcceptable;
        }

        if (visit.Occupant.Role >= MucRole.Participant)
        {
            return StanzaError.BadRequest;
        }

        var request = new MucStanza
        {
            Kind = StanzaKind.Message,
            Type = StanzaType.Normal,
            From = _self,
            VoiceRequest = new MucVoiceRequest(visit.Session.Jid, visit.Occupant.Nickname),
        };
        await _audience.ToEachAsync(other => other.Occupant.Role == MucRole.Moderator ? request : null);
        return null;
    }

    public Task<bool> IsPresentAsync(Jid user) =>
        Task.FromResult(user.IsBare ? _occupants.Of(user.Bare).Count > 0 : _occupants.Find(user) is not null);

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

        if (_relayed.Count >= RelayedMax || _relayed.Values.Count(relayed => relayed.From.Occupant == visit.Occupant) >= RelayedPerOccupantMax)
        {
            return new(false, StanzaError.ResourceConstraint);
        }

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        _relayed.Add(id, new RelayedIq(visit, recipient.Primary, recipient.Jid, iq.Id, time.GetUtcNow() + RelayedFor));
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

        _relayed.Remove(iq.Id);
        return _occupants.Find(relayed.From.Session) is null ? Task.CompletedTask : _audience.ToAsync(relayed.From.Session, Passed(relayed.Asked, iq, relayed.Id));
    }

    private static MucStanza Passed(Jid from, MucIq iq, string id) =>
        new() { Kind = StanzaKind.Iq, Type = iq.Type, From = from, Id = id, Payload = iq.Payload };

    private async Task ExpireRelayedAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var sent = new List<Task>();
        foreach (var (id, relayed) in _relayed.ToArray())
        {
            var isAsked = _occupants.Find(relayed.To.Session) is not null;
            if (isAsked && relayed.Until > now)
            {
                continue;
            }

            _relayed.Remove(id);
            if (_occupants.Find(relayed.From.Session) is not null)
            {
                sent.Add(_audience.ToAsync(relayed.From.Session, new MucStanza
                {
                    Kind = StanzaKind.Iq, Type = StanzaType.Error, From = relayed.Asked, Id = relayed.Id,
                    Error = isAsked ? StanzaError.RemoteServerTimeout : StanzaError.ItemNotFound,
                }));
            }
        }

        if (_relayed.Count == 0)
        {
            _relayTimer?.Dispose();
            _relayTimer = null;
        }

        await Task.WhenAll(sent);
    }
}
