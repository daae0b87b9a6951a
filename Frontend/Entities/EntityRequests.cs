using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Entities;

/// <summary>What became of a request to an entity.</summary>
internal enum EntityAnswerOutcome : byte
{
    Result,

    /// <summary>The entity answered with an error.</summary>
    Error,
    TimedOut,

    /// <summary>The connection ended first.</summary>
    Lost,

    /// <summary>Too many requests wait for this connection already.</summary>
    Busy,
}

/// <param name="Xml">The whole answer, as it is routed; empty where none came.</param>
internal readonly record struct EntityAnswer(EntityAnswerOutcome Outcome, ReadOnlyMemory<byte> Xml);

/// <summary>
/// The server's own IQ requests to managing entities, each on behalf of a host (RFC 6120 §8.2.3). An answer counts only by the connection that was asked, from the
/// address that was asked, to the host that asked; anything else is ignored and leaves the request waiting. Every request ends, once.
/// </summary>
internal sealed class EntityRequests(TimeProvider time) : IEntityObserver
{
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    /// <summary>For one connection.</summary>
    public const int PendingMax = 64;

    /// <summary>128 random bits: nobody can answer what he was not asked.</summary>
    private const int IdBytes = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Pending> _pending = new(StringComparer.Ordinal);
    private readonly Dictionary<IEntityStream, int> _counts = [];

    private sealed record Pending(IEntityStream Stream, string Host, Action<EntityAnswer> Answered)
    {
        public ITimer? Deadline { get; set; }
    }

    /// <summary>How many wait for an answer.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <param name="host">The domain that asks.</param>
    /// <param name="answered">Called once, before anything that the entity sends behind its answer is handled.</param>
    public void Ask(IEntityStream stream, string host, StanzaType type, XmppPayload payload, Action<EntityAnswer> answered)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        if (!TryAdd(id, new Pending(stream, host, answered)))
        {
            answered(new(EntityAnswerOutcome.Busy, default));
            return;
        }

        if (!Write(stream, host, type, id, payload))
        {
            End(id, EntityAnswerOutcome.Lost, default);
        }
    }

    /// <summary>Whether a result or an error, to a host's domain, answers one of these requests: then whoever asked has it.</summary>
    public bool TryTake(IEntityStream stream, IStanzaSender sender, Jid to, ReadOnlySpan<byte> element, in ElementHead head)
    {
        if (!head.HasId || head.Id(element).Length != 2 * IdBytes || !sender.Address.Equals(stream.Self) || !to.IsDomain)
        {
            return false;
        }

        var id = head.IdText(element)!;
        lock (_gate)
        {
            if (!_pending.TryGetValue(id, out var pending) || pending.Stream != stream || pending.Host != to.Bare)
            {
                return false;
            }
        }

        var outcome = head.StanzaType == StanzaType.Result ? EntityAnswerOutcome.Result : EntityAnswerOutcome.Error;
        End(id, outcome, StanzaStamping.StampBytes(sender, element, head, null, out _));
        return true;
    }

    public ValueTask ConnectedAsync(IEntityStream stream) => default;

    public void Disconnected(IEntityStream stream)
    {
        string[] lost;
        lock (_gate)
        {
            lost = _counts.ContainsKey(stream) ? [.. _pending.Where(entry => entry.Value.Stream == stream).Select(static entry => entry.Key)] : [];
        }

        Array.ForEach(lost, id => End(id, EntityAnswerOutcome.Lost, default));
    }

    private static bool Write(IEntityStream stream, string host, StanzaType type, string id, XmppPayload payload)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<iq"u8);
        xml.Attribute("type"u8, Contracts.Stanzas.StanzaTypes.WireName(type)!);
        xml.Attribute("from"u8, host);
        xml.Attribute("to"u8, stream.Address);
        xml.Attribute("id"u8, id);
        xml.Raw(">"u8);
        payload(ref xml);
        xml.Raw("</iq>"u8);
        stream.CountSent(StanzaKind.Iq);
        return stream.Enqueue(output.WrittenSpan);
    }

    private bool TryAdd(string id, Pending pending)
    {
        lock (_gate)
        {
            var count = _counts.GetValueOrDefault(pending.Stream);
            if (count >= PendingMax)
            {
                return false;
            }

            _counts[pending.Stream] = count + 1;
            _pending.Add(id, pending);
            pending.Deadline = time.CreateTimer(_ => End(id, EntityAnswerOutcome.TimedOut, default), null, AnswerWithin, Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    /// <summary>The first end of a request counts.</summary>
    private void End(string id, EntityAnswerOutcome outcome, ReadOnlyMemory<byte> xml)
    {
        Pending? pending;
        lock (_gate)
        {
            if (!_pending.Remove(id, out pending))
            {
                return;
            }

            if (--_counts[pending.Stream] == 0)
            {
                _counts.Remove(pending.Stream);
            }
        }

        pending.Deadline!.Dispose();
        pending.Answered(new(outcome, xml));
    }
}
