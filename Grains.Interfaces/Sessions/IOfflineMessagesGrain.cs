using System.Collections.Immutable;
using Krewe.Contracts.Stanzas;

namespace Krewe.Contracts.Sessions;

/// <summary>Messages that wait for a user without a fitting resource (XEP-0160). Key: the user's bare JID.</summary>
[Alias("offline-messages")]
public interface IOfflineMessagesGrain : IGrainWithStringKey
{
    /// <summary>Keeps a message; false when the limit is reached. On disk when this returns.</summary>
    [Alias("store")]
    Task<bool> StoreAsync(StanzaFrame message, int messagesMax);

    /// <summary>The messages that wait, oldest first, with the time of their coming; they stay until <see cref="RemoveAsync"/>.</summary>
    [Alias("list")]
    Task<ImmutableArray<OfflineMessage>> ListAsync();

    /// <summary>Forgets the oldest messages up to and including <paramref name="lastNumber"/>, as they were delivered.</summary>
    [Alias("remove")]
    Task RemoveAsync(long lastNumber);
}

[GenerateSerializer, Immutable, Alias("offline-message")]
public sealed record OfflineMessage(
    [property: Id(0)] long Number, [property: Id(1)] DateTimeOffset ReceivedAt, [property: Id(2)] StanzaFrame Message);
