using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Tests.Support;

namespace Krewe.Tests.Grains.Sessions;

/// <summary>A frontend that writes down, in its order, what is delivered to whom, as <c>romeo/orchard: available juliet/balcony</c>.</summary>
internal sealed class RecordingSink : IFrontendSink
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, string> _sessions = [];
    private readonly HashSet<long> _gone = [];
    private readonly List<string> _log = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Runs before a batch is taken; what it throws, or how long it waits, is what the silo sees.</summary>
    public Func<DeliveryBatch, Task>? Before { get; set; }

    public void Name(long session, string name)
    {
        lock (_gate)
        {
            _sessions[session] = name;
        }
    }

    /// <summary>The stream is lost, and the silo does not know it yet.</summary>
    public void Lose(long session)
    {
        lock (_gate)
        {
            _gone.Add(session);
        }
    }

    /// <summary>What came since the last call.</summary>
    public IReadOnlyList<string> Take()
    {
        lock (_gate)
        {
            string[] taken = [.. _log];
            _log.Clear();
            return taken;
        }
    }

    /// <summary>Waits until a line came, and takes what came.</summary>
    public async Task<IReadOnlyList<string>> UntilAsync(string line)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_log.Contains(line))
                {
                    return Take();
                }

                more = _more.Task;
            }

            await more.WaitAsync(Timeouts.Test);
        }
    }

    /// <summary>Waits until something came, and takes it.</summary>
    public async Task<IReadOnlyList<string>> NextAsync()
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_log.Count > 0)
                {
                    return Take();
                }

                more = _more.Task;
            }

            await more.WaitAsync(Timeouts.Test);
        }
    }

    public async Task<DeliveryReport> DeliverAsync(DeliveryBatch batch)
    {
        await (Before?.Invoke(batch) ?? Task.CompletedTask);
        lock (_gate)
        {
            var gone = ImmutableArray.CreateBuilder<long>();
            foreach (var delivery in batch.Deliveries)
            {
                foreach (var session in delivery.Sessions)
                {
                    if (_gone.Contains(session))
                    {
                        gone.Add(session);
                    }
                    else
                    {
                        _log.Add($"{_sessions[session]}: {Text(delivery.Content)}");
                    }
                }
            }

            _more.SetResult();
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return new DeliveryReport(gone.ToImmutable());
        }
    }

    private static string Text(DeliveryContent content) => content switch
    {
        StanzaContent { Stanza: { Kind: StanzaKind.Presence } presence, To: var to } => Text(presence, to ?? presence.To),
        StanzaContent { Stanza: var stanza } => $"{stanza.Kind.ToString().ToLowerInvariant()} #{stanza.Id}",
        RosterPushContent { Change: var change, Owner: { } owner } => $"push {Short(owner)} {change.Version} {Short(change.Jid)} {change.After?.Subscription.ToString().ToLowerInvariant() ?? "removed"}",
        RosterPushContent { Change: var change } => $"push {change.Version} {Short(change.Jid)} {change.After?.Subscription.ToString().ToLowerInvariant() ?? "removed"}",
        SeenPresenceContent { Presence: var presence, Viewer: var viewer } => $"{Text(presence, null)} seen by {Short(viewer)}",
        EndContent end => $"end {end.Condition}",
        ProbeContent => "probe",
        _ => throw new NotSupportedException(content.GetType().Name),
    };

    private static string Text(StanzaFrame presence, Jid? to) =>
        $"{presence.Type.ToString().ToLowerInvariant()} {Short(presence.From)}{(presence.Id is { } id ? $" #{id}" : "")}{(to is null ? "" : $" to {Short(to)}")}";

    /// <summary>Without the domain, which is the test's own.</summary>
    private static string Short(Jid jid) => jid.IsBare ? $"{jid.Localpart}" : $"{jid.Localpart}/{jid.Resourcepart}";
}
