using System.Collections.Concurrent;

namespace Krewe.Tests.Grains.Semantics;

/// <summary>
/// Where the test and its grains meet: both run in one process on either host. A gate is a point that a grain reaches and waits at until the test opens it;
/// counts are what happened so far. Names begin with the grain's key, so that tests do not meet each other.
/// </summary>
internal static class Probes
{
    private static readonly ConcurrentDictionary<string, Gate> Gates = [];
    private static readonly ConcurrentDictionary<string, int> Counts = [];

    public static Gate GateOf(string name) => Gates.GetOrAdd(name, _ => new Gate());

    public static int Count(string name) => Counts.AddOrUpdate(name, 1, (_, count) => count + 1);

    public static int CountOf(string name) => Counts.GetValueOrDefault(name);

    internal sealed class Gate
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>That something has come to the gate.</summary>
        public Task Reached => _reached.Task.WaitAsync(GrainHostFixture.ResponseTimeout);

        public void Open() => _opened.TrySetResult();

        public void Reach() => _reached.TrySetResult();

        public Task PassAsync()
        {
            Reach();
            return _opened.Task;
        }
    }
}
