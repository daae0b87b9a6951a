using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Orleans.Concurrency;

namespace Krewe.Contracts.Components;

/// <summary>
/// One external component's connections (XEP-0114), in whatever process they are. Key: the component's domain. It decides which connection may be, and hands over
/// what other grains have for the component; a frontend that has a connection of its own uses that.
/// </summary>
[Alias("component")]
public interface IComponentGrain : IGrainWithStringKey
{
    /// <summary>A connection has proved that it is the component's.</summary>
    [Alias("connect")]
    Task<ComponentAdmission> ConnectAsync(ComponentConnection connection, ComponentConflict conflict);

    /// <summary>A connection is over. One that is not known is no error.</summary>
    [Alias("disconnect")]
    Task DisconnectAsync(ComponentConnection connection);

    /// <summary>
    /// Hands a stanza to the connection that serves its sender; done when it has its place there. False when there is none, or it turned out to be gone.
    /// </summary>
    [AlwaysInterleave]
    [Alias("deliver")]
    Task<bool> DeliverAsync(StanzaContent stanza);

    /// <summary>Tells the component what its privileges let it know (XEP-0356 §4.4, §7). False as above.</summary>
    /// <param name="about">Whom it is about: everything about one user goes to the same connection.</param>
    [AlwaysInterleave]
    [Alias("tell")]
    Task<bool> TellAsync(DeliveryContent content, Jid about);

    [AlwaysInterleave]
    [Alias("connections")]
    Task<ImmutableArray<ComponentConnection>> ConnectionsAsync();
}

/// <param name="Frontend">The process that it ends at.</param>
/// <param name="Session">Its number there, among those of the clients' sessions.</param>
[GenerateSerializer, Immutable, Alias("component-connection")]
public sealed record ComponentConnection([property: Id(0)] FrontendRef Frontend, [property: Id(1)] long Session);

/// <param name="IsAccepted">False: another connection is there, and stays.</param>
/// <param name="Others">The connections that were there before; with <see cref="ComponentConflict.KickOld"/> they have been told to end.</param>
[GenerateSerializer, Immutable, Alias("component-admission")]
public sealed record ComponentAdmission([property: Id(0)] bool IsAccepted, [property: Id(1)] ImmutableArray<ComponentConnection> Others);
