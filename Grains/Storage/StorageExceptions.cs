namespace Krewe.Grains.Storage;

/// <summary>A read or write failed for a reason other than a stale ETag. Its message names no grain: keys are JIDs.</summary>
internal class StorageException(string message, Exception? innerException = null) : OrleansException(message, innerException!);

/// <summary>The storage has as much to do as it may queue. Nothing was written.</summary>
internal sealed class StorageBusyException(string message) : StorageException(message);

/// <summary>The data folder or its database cannot be used: the process does not start. The message is for the operator.</summary>
internal sealed class StorageStartException(string message, Exception? innerException = null) : Exception(message, innerException);
