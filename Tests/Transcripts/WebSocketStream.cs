using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Krewe.Tests.Transcripts;

/// <summary>
/// What an actor of a transcript says and hears, as if over TCP, carried by WebSocket messages: a client's side of RFC 7395 §3.3. Each message that comes is
/// parsed by itself, and so proven to stand alone.
/// </summary>
internal sealed partial class WebSocketStream : Stream
{
    private const string Framing = "urn:ietf:params:xml:ns:xmpp-framing";

    private readonly ClientWebSocket _socket = new();
    private ReadOnlyMemory<byte> _unread;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static async Task<WebSocketStream> ConnectAsync(Uri uri)
    {
        var stream = new WebSocketStream();
        stream._socket.Options.AddSubProtocol("xmpp");
        await stream._socket.ConnectAsync(uri, CancellationToken.None);
        return stream;
    }

    public void Abort() => _socket.Abort();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            foreach (var message in Messages(Encoding.UTF8.GetString(buffer.Span)))
            {
                await _socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
            }
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw new IOException(e.Message, e);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_unread.IsEmpty)
        {
            _unread = await ReceiveAsync(cancellationToken);
        }

        var length = Math.Min(buffer.Length, _unread.Length);
        _unread[..length].CopyTo(buffer);
        _unread = _unread[length..];
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _socket.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The text's elements, each as a document of its own; what ends before its element does, or is none, as it is.</summary>
    private static IEnumerable<string> Messages(string text)
    {
        for (var rest = Declaration().Replace(text, "").TrimStart(); rest.Length > 0; rest = rest.TrimStart())
        {
            var length = LengthOfFirst(rest);
            yield return Framed(rest[..length]);
            rest = rest[length..];
        }
    }

    private static int LengthOfFirst(string text)
    {
        var depth = 0;
        foreach (Match tag in Tag().Matches(text))
        {
            var isStream = tag.Value.StartsWith("<stream:stream", StringComparison.Ordinal) || tag.Value == "</stream:stream>";
            depth += isStream || tag.Value.EndsWith("/>", StringComparison.Ordinal) ? 0 : tag.Value[1] == '/' ? -1 : 1;
            if (depth <= 0)
            {
                return tag.Index + tag.Length;
            }
        }

        return text.Length;
    }

    private static string Framed(string element) =>
        element == "</stream:stream>" ? $"<close xmlns='{Framing}'/>"
        : element.StartsWith("<stream:stream", StringComparison.Ordinal) ? $"<open xmlns='{Framing}'{NamespaceDeclaration().Replace(element["<stream:stream".Length..^1], "")}/>"
        : BareStanza().Replace(element, "<$1 xmlns='jabber:client'");

    private async Task<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var result = await _socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
                    return default;
                }

                message.Write(buffer, 0, result.Count);
                if (result.EndOfMessage)
                {
                    return Encoding.UTF8.GetBytes(Unframed(Encoding.UTF8.GetString(message.ToArray())));
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static string Unframed(string message)
    {
        var element = System.Xml.Linq.XElement.Parse(message);
        if (element.Name.NamespaceName != Framing)
        {
            return message;
        }

        return element.Name.LocalName == "close"
            ? "</stream:stream>"
            : $"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='{XmppStreamReader.Streams}'{NamespaceDeclaration().Replace(message["<open".Length..^2], "")}>";
    }

    [GeneratedRegex(@"^\s*<\?xml[^>]*\?>")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"<(?:[^'"">]|'[^']*'|""[^""]*"")*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+xmlns(:[\w-]+)?=('[^']*'|""[^""]*"")")]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"^<(message|presence|iq)(?=[\s/>])(?![^>]*\sxmlns=)")]
    private static partial Regex BareStanza();
}
