namespace Krewe.Frontend.Entities;

/// <summary>
/// Somebody who is told of the connections of components and of users whom hosts name, each before anything that follows from grants is routed from it or to it, in the order in
/// which they were registered.
/// </summary>
internal interface IEntityObserver
{
    /// <summary>
    /// The connection is there. What is written to it here comes before any stanza that it gets as an entity (specs D-015), for a component behind <c>&lt;handshake/&gt;</c>. It may all
    /// reach the peer only once every observer is done, so nothing that it may answer can be waited for.
    /// </summary>
    ValueTask ConnectedAsync(IEntityStream stream);

    /// <summary>What is granted to another address of its user is the connection's from now on (specs D-014): it is the first that is available.</summary>
    void Gained(IEntityStream stream)
    {
    }

    /// <summary>The connection is over, or no entity any more: nothing comes from it that counts as one's. Only for one that was told as connected.</summary>
    void Disconnected(IEntityStream stream);
}
