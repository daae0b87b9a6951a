using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;

namespace Krewe.Grains.Muc;

/// <summary>What occupants say to all and to each other (XEP-0045 §7.4, §7.5, §7.13, §8.1).</summary>
internal sealed partial class MucRoomGrain
{
    /// <summary>Every reader is sent it, and everybody who enters; it is no place for a text.</summary>
    private const int SubjectCharactersMax = 4096;

    public async Task<StanzaError?> MessageAsync(MucMessage message)
    {
        if (!TryGetService(out _, out _) && !await HasServiceAsync())
        {
            await RemoveEverybodyAsync(ServiceGone);
            return StanzaError.ItemNotFound;
        }

        if (_occupants.Find(message.Sender) is not { } visit)
        {
            return message.Type == StanzaType.Error ? null : StanzaError.NotAcceptable;
        }

        if (message.Nickname is { } nickname)
        {
            return await SendPrivateAsync(visit, nickname, message);
        }

        if (message.Type != StanzaType.Groupchat || message.IsSubject)
        {
            // An error is for nobody; a subject would be forgotten here.
            return message.Type == StanzaType.Error ? null : StanzaError.BadRequest;
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

        if (subject.Length > SubjectCharactersMax)
        {
            return StanzaError.PolicyViolation;
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
        if (message.Type == StanzaType.Groupchat)
        {
            return StanzaError.BadRequest;
        }

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
}
