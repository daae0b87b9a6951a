using System.Collections.Immutable;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Grains.Muc;

/// <summary>The last messages of a room (XEP-0045 §7.2.13): bounded in number and in bytes, in memory only.</summary>
internal sealed class MucHistory
{
    private const int BytesMax = 512 * 1024;

    /// <summary>What a message has besides its addresses, its id and its payload: type, delay, occupant id. For <c>maxchars</c>, which counts whole stanzas.</summary>
    private const int StanzaOverhead = 230;

    private readonly LinkedList<MucStanza> _messages = new();
    private int _bytes;

    public int Count => _messages.Count;

    public void Add(MucStanza message, int messagesMax)
    {
        _messages.AddLast(message);
        _bytes += message.Payload.Xml.Length;
        Trim(messagesMax);
    }

    public void Trim(int messagesMax)
    {
        while (_messages.First is { } oldest && (_messages.Count > messagesMax || _bytes > BytesMax))
        {
            _bytes -= oldest.Value.Payload.Xml.Length;
            _messages.RemoveFirst();
        }
    }

    /// <summary>Forgets what one occupant wrote; false when there was nothing.</summary>
    public bool Forget(string occupantId)
    {
        var before = _messages.Count;
        for (var node = _messages.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.OccupantId == occupantId)
            {
                _bytes -= node.Value.Payload.Xml.Length;
                _messages.Remove(node);
            }

            node = next;
        }

        return _messages.Count < before;
    }

    public void Clear()
    {
        _messages.Clear();
        _bytes = 0;
    }

    /// <summary>The newest messages that satisfy all of a request (XEP-0045 §7.2.14), oldest first, whole stanzas only.</summary>
    /// <param name="reader">Whose address stands in each of them.</param>
    public ImmutableArray<MucStanza> Select(MucHistoryRequest? request, Jid reader, DateTimeOffset now)
    {
        var charactersLeft = request?.MaxCharacters ?? int.MaxValue;
        var stanzasMax = request?.MaxStanzas ?? int.MaxValue;
        var since = request?.Since;
        if (request?.Seconds is { } seconds && (since is null || now.AddSeconds(-(double)seconds) > since))
        {
            since = now.AddSeconds(-(double)seconds);
        }

        var selected = new Stack<MucStanza>();
        for (var node = _messages.Last; node is not null && selected.Count < stanzasMax; node = node.Previous)
        {
            charactersLeft -= charactersLeft == int.MaxValue ? 0 : Characters(node.Value, reader);
            if (charactersLeft < 0 || node.Value.SentAt < since)
            {
                break;
            }

            selected.Push(node.Value);
        }

        return [.. selected];
    }

    private static int Characters(MucStanza message, Jid reader) =>
        StanzaOverhead + reader.ToString().Length + message.From.ToString().Length + message.From.Bare.Length + (message.Id?.Length ?? 0)
        + Encoding.UTF8.GetCharCount(message.Payload.Xml.Span) + message.Payload.Attributes.Length;
}
