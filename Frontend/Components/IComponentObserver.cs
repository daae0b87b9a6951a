namespace Krewe.Frontend.Components;

/// <summary>Somebody who is told of components' connections, each before anything is routed from it or picked for it, in the order in which they were registered.</summary>
internal interface IComponentObserver
{
    /// <summary>
    /// The component has its <c>&lt;handshake/&gt;</c>. What is written to the stream here comes before any stanza for it (specs D-015). Nothing of it is read until this is
    /// done, so nothing that it may answer can be waited for.
    /// </summary>
    ValueTask ConnectedAsync(ComponentStream stream);

    /// <summary>The connection is over: nothing comes from it any more. Only for one that was told as connected.</summary>
    void Disconnected(ComponentStream stream);
}
