namespace Krewe.Contracts.Storage;

/// <summary>
/// Copies of this process's durable store, for backups. Nobody offers it where the store is a database of its own: that has backups of its own.
/// </summary>
public interface IStoreBackup
{
    /// <summary>The name that the store's file has in the data folder.</summary>
    string FileName { get; }

    /// <summary>
    /// The store as it is now: complete, consistent, and holding every write that was acknowledged before the call. Writers go on meanwhile. Gone when it is disposed of.
    /// </summary>
    Task<Stream> CopyAsync(CancellationToken cancellationToken = default);
}
