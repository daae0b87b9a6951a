namespace Krewe.Frontend.Components;

/// <summary>Somebody who is told of components' connections, each before anything is routed from it or picked for it, in the order in which they were registered.</summary>
internal interface IComponentObserver
{
    /// <summary>
    /// The component has proved its secret. What is written to the stream here comes behind <c>&lt;handshake/&gt;</c> and before any stanza for it (specs D-015); it all
    /// reaches the component once every observer is done. Nothing of it is read until then, so nothing that it may answer can be waited for.
    /// </summary>
    ValueTask ConnectedAsync(ComponentStream stream);

    /// <summary>The connection is over: nothing comes from it any more. Only for one that was told as connected.</summary>
    void Disconnected(ComponentStream stream);
}
