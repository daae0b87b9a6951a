using System.Text.RegularExpressions;

namespace Krewe.Tests.Transcripts;

/// <content>External components (XEP-0114), which always connect over TCP.</content>
internal sealed partial class TranscriptRunner
{
    private async Task ConnectAsComponentAsync(string name)
    {
        await EnsureHostAsync(Verona);
        var actor = _actors[name] = new XmppActor(isByteByByte) { ContentNamespace = "jabber:component:accept" };
        await actor.ConnectAsync(server.Component);
    }

    /// <param name="payload">Its domain and, if that is another, its secret.</param>
    private async Task ConnectComponentAsync(string name, string payload)
    {
        await ConnectAsComponentAsync(name);
        var words = payload.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        await Actor(name).ShakeHandsAsync(Real(words[0]), words.Length > 1 ? words[1] : "secret");
    }

    /// <summary><c>{handshake:secret}</c>: for the stream that the actor has at the moment.</summary>
    private static string Handshakes(string text, XmppActor actor) => Handshake().Replace(text, match => XmppActor.Digest(actor.StreamId, match.Groups["secret"].Value));

    [GeneratedRegex(@"\{handshake:(?<secret>[^}]*)\}")]
    private static partial Regex Handshake();
}
