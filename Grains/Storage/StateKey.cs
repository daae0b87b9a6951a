namespace Krewe.Grains.Storage;

/// <summary>Where a state is stored. The grain's class is no part of it, so that classes may be renamed.</summary>
internal readonly record struct StateKey(string Storage, string State, string Key);

/// <summary>A state as it is stored.</summary>
internal readonly record struct StoredState(long Etag, byte[] Json);
