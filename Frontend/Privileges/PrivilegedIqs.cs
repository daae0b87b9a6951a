using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Entities;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Privileges;

/// <summary>
/// The IQs that entities have sent as users (XEP-0356 §6.3) and that are not answered yet. On their way they have ids of the server's making, which nobody else can
/// know, so an answer to the user's bare JID is told from the user's own traffic, and no answer is taken from anybody but whom was asked (specs P-044).
/// </summary>
internal sealed class PrivilegedIqs(TimeProvider time) : IEntityObserver
{
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(60);

    /// <summary>For one entity, however many connections it has.</summary>
    public const int PendingMax = 1000;

    private const string IdPrefix = "krewe-as-";

    /// <summary>128 random bits.</summary>
    private const int IdBytes = 16;

    private readonly ConcurrentDictionary<string, PrivilegedIq> _pending = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    public int Count => _pending.Count;

    /// <summary>Null when too many wait already.</summary>
    /// <param name="asker">The entity's address that asks.</param>
    /// <param name="entity">By what it is counted.</param>
    /// <param name="connection">By which; when it ends, nobody waits for the answer.</param>
    public PrivilegedIq? TryBegin(IStanzaSender asker, string entity, object connection, StanzaType type, string id, string innerId, Jid user, Jid? to)
    {
        lock (_counts)
        {
            var count = _counts.GetValueOrDefault(entity);
            if (count >= PendingMax)
            {
                return null;
            }

            _counts[entity] = count + 1;
        }

        var wireId = $"{IdPrefix}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes))}";
        var iq = new PrivilegedIq(asker, entity, connection, type, id, innerId, wireId, user, to, Forget);
        _pending[iq.WireId] = iq;
        iq.AnswerWithin(AnswerWithin, time);
        return iq;
    }

    /// <summary>Whether a result or an error to a bare JID answers one of them: then the entity has it.</summary>
    public bool TryAnswer(IStanzaSender sender, ReadOnlySpan<byte> element, in ElementHead head, Jid to)
    {
        if (!head.HasId || !head.Id(element).StartsWith("krewe-as-"u8)
            || !_pending.TryGetValue(Encoding.UTF8.GetString(head.Id(element)), out var iq)
            || iq.User.Bare != to.Bare || !sender.Address.Equals(iq.To))
        {
            return false;
        }

        iq.Answer(StanzaStamping.StampBytes(sender, element, head, null, out _));
        return true;
    }

    public ValueTask ConnectedAsync(IEntityStream stream) => default;

    public void Disconnected(IEntityStream stream)
    {
        // A user who is not available any more still gets the answers to what he asked while he was.
        if (!stream.IsOpen)
        {
            Forget(stream);
        }
    }

    /// <summary>Nobody waits any more for what was asked by a connection.</summary>
    public void Forget(object connection)
    {
        foreach (var (_, iq) in _pending)
        {
            if (iq.Connection == connection)
            {
                iq.Drop();
            }
        }
    }

    private void Forget(PrivilegedIq iq)
    {
        _pending.TryRemove(iq.WireId, out _);
        lock (_counts)
        {
            var left = _counts[iq.Entity] - 1;
            if (left > 0)
            {
                _counts[iq.Entity] = left;
            }
            else
            {
                _counts.Remove(iq.Entity);
            }
        }
    }
}
