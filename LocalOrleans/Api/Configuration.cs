namespace Orleans.Configuration;

/// <summary>How calls are brought to grains and observers.</summary>
public abstract class MessagingOptions
{
    private protected MessagingOptions()
    {
    }

    /// <summary>How long a caller waits for an answer; Orleans' default.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>The same for a silo.</summary>
public class SiloMessagingOptions : MessagingOptions
{
    /// <summary>How many calls one activation may have under way and waiting; 0, as in Orleans, is no limit.</summary>
    public int MaxEnqueuedRequestsHardLimit { get; set; }
}

/// <summary>When activations are made, ended and given up.</summary>
public class GrainCollectionOptions
{
    /// <summary>How often idle activations are looked for.</summary>
    public TimeSpan CollectionQuantum { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an activation may be idle.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long reading the state and <c>OnActivateAsync</c> may take.</summary>
    public TimeSpan ActivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long <c>OnDeactivateAsync</c> may take.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>Options of a storage in memory; it has none here.</summary>
public class MemoryGrainStorageOptions;
