using System.Collections.Immutable;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Contracts.Storage;
using Krewe.Grains.Storage;
using Orleans.Storage;

namespace Krewe.Grains.Sessions;

/// <summary>
/// Messages that wait for a user (XEP-0160), bounded by number and by bytes, on disk before they are acknowledged. Which messages are worth keeping
/// (XEP-0160 §3) is decided by whoever asks; so is the error when there is no room.
/// </summary>
internal sealed class OfflineMessagesGrain(
    [PersistentState(StateNames.Offline, StorageNames.Offline)] IPersistentState<OfflineState> state, TimeProvider time) : Grain, IOfflineMessagesGrain
{
    /// <summary>Bytes of XML kept for one user, whatever the limit on their number: four stanzas of the largest default size.</summary>
    public const int MessageBytesMax = 1024 * 1024;

    /// <summary>How long one who was handed messages may take to write them before they are handed to another.</summary>
    private static readonly TimeSpan HandedOutFor = TimeSpan.FromSeconds(30);

    private long _lastNumber;
    private long _handedOutThrough;
    private DateTimeOffset _handedOutUntil;
    private ShortStay? _stay;

    public async Task<bool> StoreAsync(StanzaFrame message, int messagesMax)
    {
        var isKept = false;
        await state.ChangeAsync(waiting =>
        {
            isKept = HasRoom(waiting, message, messagesMax);
            return isKept ? waiting with { Messages = waiting.Messages.Add(Number(waiting, message)) } : null;
        });
        return isKept;
    }

    public Task<ImmutableArray<OfflineMessage>> ListAsync()
    {
        // Asked at every login, and for most users in vain: no reason to stay in memory.
        if (state.State.Messages.IsEmpty)
        {
            (_stay ??= new(this, () => state.State.Messages.IsEmpty)).Begin();
        }

        // Two resources that come at once: the first has them, unless it fails to say that it took them.
        var now = time.GetUtcNow();
        var waiting = now < _handedOutUntil ? Later(state.State, _handedOutThrough) : state.State.Messages;
        if (!waiting.IsEmpty)
        {
            (_handedOutThrough, _handedOutUntil) = (waiting[^1].Number, now + HandedOutFor);
        }

        return Task.FromResult(waiting);
    }

    public async Task RemoveAsync(long lastNumber)
    {
        _handedOutUntil = default;
        if (state.RecordExists && Later(state.State, lastNumber).IsEmpty)
        {
            try
            {
                await state.ClearStateAsync();
            }
            catch (InconsistentStateException)
            {
                // Somebody stored a message in between, which stays.
                await state.ReadStateAsync();
            }
        }

        await state.ChangeAsync(waiting =>
            Later(waiting, lastNumber) is var rest && rest.Length < waiting.Messages.Length ? waiting with { Messages = rest } : null);
    }

    private static ImmutableArray<OfflineMessage> Later(OfflineState waiting, long number) => waiting.Messages.RemoveAll(message => message.Number <= number);

    private static bool HasRoom(OfflineState waiting, StanzaFrame message, int messagesMax) =>
        (messagesMax == 0 || waiting.Messages.Length < messagesMax)
        && waiting.Messages.Sum(kept => (long)kept.Message.Xml.Length) + message.Xml.Length <= MessageBytesMax;

    /// <summary>
    /// Numbers begin at the time, not at one: nothing is stored of a user without messages, and a number that was removed must never come again,
    /// else a second delivery of the old messages would remove the new one unread.
    /// </summary>
    private OfflineMessage Number(OfflineState waiting, StanzaFrame message)
    {
        var now = time.GetUtcNow();
        var last = Math.Max(_lastNumber, waiting.Messages is [.., var newest] ? newest.Number : 0);
        _lastNumber = Math.Max(last + 1, now.ToUnixTimeMilliseconds());
        return new(_lastNumber, now, message);
    }
}
