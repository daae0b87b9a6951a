namespace Krewe.Grains.Storage;

/// <summary>One change of one state that waits for its transaction.</summary>
/// <param name="key">Which state.</param>
/// <param name="expected">The ETag that must be stored; null when there must be none.</param>
/// <param name="json">The new state; null clears it.</param>
internal sealed class SqliteWrite(StateKey key, long? expected, byte[]? json)
{
    private readonly TaskCompletionSource<WriteOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StateKey Key => key;

    public long? Expected => expected;

    /// <summary>Drawn by lot, not counted: a state that is cleared and made again never has an ETag that somebody may still hold.</summary>
    public long Next { get; } = Random.Shared.NextInt64(1, long.MaxValue);

    public byte[]? Json => json;

    /// <summary>What it takes up in the queue.</summary>
    public int Bytes => json?.Length ?? 0;

    /// <summary>Completes after the commit.</summary>
    public Task<WriteOutcome> Completion => _completion.Task;

    public void Complete(WriteOutcome outcome) => _completion.SetResult(outcome);

    public void Fail(StorageException failure) => _completion.SetException(failure);
}

/// <summary>What came of a write.</summary>
/// <param name="IsApplied">False when the ETag was stale.</param>
/// <param name="StoredEtag">What is stored now; null when nothing is.</param>
internal readonly record struct WriteOutcome(bool IsApplied, long? StoredEtag);
