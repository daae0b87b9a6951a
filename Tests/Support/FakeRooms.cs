using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Tests.Support;

/// <summary>Rooms, decisions and their indexes as the API sees them, with notes of what was done to them.</summary>
internal sealed class FakeRooms
{
    private readonly ConcurrentDictionary<(string Room, string User), byte> _places = new();
    private readonly ConcurrentDictionary<(string Room, string User), string> _nicknames = new();

    public FakeRooms(GrainFactoryDouble grains) => grains
        .With(service => GrainDouble.Create<IMucDecisionsGrain>((_, arguments) => Task.FromResult(Find(service, arguments))))
        .With(service => GrainDouble.Create<IMucServiceGrain>((method, arguments) =>
            method == nameof(IMucServiceGrain.ForgetKeyAsync) ? Task.CompletedTask : Task.FromResult(List(service, (string?)arguments[0], (int)arguments[1]!))))
        .With(key => GrainDouble.Create<IMucAuthGrain>((method, arguments) => AnswerAuth(key, method, arguments)))
        .With(room => GrainDouble.Create<IMucRoomGrain>((method, arguments) => AnswerRoom(room, method, arguments)));

    /// <summary>What the rooms are.</summary>
    public ConcurrentDictionary<string, MucRoomDocument> Documents { get; } = new();

    /// <summary>How many rooms there may be of one service.</summary>
    public int RoomsMax { get; set; } = int.MaxValue;

    /// <summary>Rooms of which the service knows nothing but their address.</summary>
    public ConcurrentDictionary<string, byte> Unknown { get; } = new();

    public ConcurrentQueue<(string Room, MucDestroy Destroy)> Destroyed { get; } = new();

    public ConcurrentQueue<(string Room, string Nickname, string? Reason)> Kicked { get; } = new();

    /// <summary>What is decided when it is asked.</summary>
    public Func<string, string, Task<MucDecision>> Decides { get; set; } = (_, _) => Task.FromResult(Admitted);

    /// <summary>Whether there was something to forget.</summary>
    public Func<string, string, Task<bool>> Forgets { get; set; } = (_, _) => Task.FromResult(true);

    public ConcurrentQueue<(string Room, string User)> Forgotten { get; } = new();

    public ConcurrentQueue<(string Room, string User, string Nickname, bool IsAfresh)> Asked { get; } = new();

    public ConcurrentQueue<(string User, MucDecision Decision)> Applied { get; } = new();

    public static MucDecision Admitted { get; } = new(MucVerdict.Admitted, DateTimeOffset.MaxValue);

    public static MucDecision Refused { get; } = new(MucVerdict.Refused, DateTimeOffset.MaxValue, IsExplicit: true);

    public static MucDecision Failed { get; } = new(MucVerdict.Failed, DateTimeOffset.MaxValue);

    /// <summary>A decision is remembered.</summary>
    public void Hold(string room, string user) => _places[(room, user)] = 0;

    /// <summary>The user is there by a decision.</summary>
    public void Enter(string room, string user)
    {
        Hold(room, user);
        EnterUnasked(room, user);
    }

    /// <summary>The user is there, and no decision was needed.</summary>
    public void EnterUnasked(string room, string user, string? nickname = null) => _nicknames[(room, user)] = nickname ?? $"nick of {user}";

    public bool IsPresent(string room, string user) => _nicknames.ContainsKey((room, user));

    private ImmutableArray<MucDecisionPlace> Find(string service, object?[] arguments)
    {
        var (room, user, after, limit) = ((string?)arguments[0], (string?)arguments[1], (MucDecisionPlace?)arguments[2], (int)arguments[3]!);
        return [.. _places.Keys.Where(place => place.Room.EndsWith($"@{service}", StringComparison.Ordinal))
            .Where(place => (room is null || place.Room == room) && (user is null || place.User == user))
            .OrderBy(place => place.Room, StringComparer.Ordinal).ThenBy(place => place.User, StringComparer.Ordinal)
            .Where(place => after is null || string.CompareOrdinal(place.Room, after.Room) is > 0 || (place.Room == after.Room && string.CompareOrdinal(place.User, after.User) > 0))
            .Take(limit).Select(place => new MucDecisionPlace(place.Room, place.User, IsPresent(place.Room, place.User)))];
    }

    private object AnswerAuth(string key, string method, object?[] arguments)
    {
        var (room, user) = (key[..key.IndexOf('/')], key[(key.IndexOf('/') + 1)..]);
        if (method == nameof(IMucAuthGrain.ForgetAsync))
        {
            Forgotten.Enqueue((room, user));
            return Forgets(room, user);
        }

        Asked.Enqueue((room, user, (string)arguments[0]!, (bool)arguments[1]!));
        return Decides(room, user);
    }

    private MucRoomPage List(string service, string? after, int limit)
    {
        var rooms = Documents.Keys.Where(room => room.EndsWith($"@{service}", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        var behind = rooms.Where(room => after is null || string.CompareOrdinal(room, after) > 0).ToArray();
        var page = behind.Take(limit).Select(room => Unknown.ContainsKey(room)
            ? new MucRoomEntry(new MucRoomListing(room, null, true, true), false)
            : new MucRoomEntry(new MucRoomListing(room, Documents[room].Config.Name, Documents[room].Config.IsPublic, Documents[room].Config.IsPersistent), true));
        return new MucRoomPage([.. page], rooms.Length, behind.Length <= limit);
    }

    private object AnswerRoom(string room, string method, object?[] arguments) => method switch
    {
        nameof(IMucRoomGrain.NicknameAsync) => Task.FromResult(_nicknames.GetValueOrDefault((room, ((Jid)arguments[0]!).Bare))),
        nameof(IMucRoomGrain.OccupantsAsync) => Task.FromResult<ImmutableArray<MucOccupantListing>?>(Occupants(room) is { IsEmpty: false } some ? some : Documents.ContainsKey(room) ? [] : null),
        nameof(IMucRoomGrain.ApplyAsync) => Task.FromResult(Apply(room, (Jid)arguments[0]!, (MucDecision)arguments[1]!)),
        nameof(IMucRoomGrain.DocumentAsync) => Task.FromResult(Documents.GetValueOrDefault(room)),
        nameof(IMucRoomGrain.PutAsync) => Task.FromResult(Put(room, (MucRoomDocument)arguments[0]!)),
        nameof(IMucRoomGrain.DeleteAsync) => Task.FromResult(Delete(room, (MucDestroy)arguments[0]!)),
        nameof(IMucRoomGrain.KickAsync) => Task.FromResult(Kick(room, (string)arguments[0]!, (string?)arguments[1])),
        _ => throw new NotSupportedException(method),
    };

    private MucPutOutcome Put(string room, MucRoomDocument document)
    {
        if (Documents.ContainsKey(room))
        {
            Documents[room] = document;
            return MucPutOutcome.Replaced;
        }

        var service = room[room.IndexOf('@')..];
        return Documents.Keys.Count(other => other.EndsWith(service, StringComparison.Ordinal)) >= RoomsMax || !Documents.TryAdd(room, document)
            ? MucPutOutcome.TooManyRooms
            : MucPutOutcome.Created;
    }

    private bool Delete(string room, MucDestroy destroy)
    {
        Destroyed.Enqueue((room, destroy));
        return Documents.TryRemove(room, out _);
    }

    private bool Kick(string room, string nickname, string? reason)
    {
        Kicked.Enqueue((room, nickname, reason));
        return _nicknames.Any(place => place.Key.Room == room && place.Value == nickname);
    }

    private ImmutableArray<MucOccupantListing> Occupants(string room) =>
        [.. _nicknames.Where(place => place.Key.Room == room).Select(place => new MucOccupantListing(
            place.Value, [Jid.Parse($"{place.Key.User}/desk"), Jid.Parse($"{place.Key.User}/pocket")], MucAffiliation.None, MucRole.Participant))];

    private int Apply(string room, Jid user, MucDecision decision)
    {
        Applied.Enqueue((user.Bare, decision));
        return decision is { Verdict: MucVerdict.Refused, IsExplicit: true } && _nicknames.TryRemove((room, user.Bare), out _) ? 2 : 0;
    }
}
