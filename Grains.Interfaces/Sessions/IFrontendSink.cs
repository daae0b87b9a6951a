namespace Krewe.Contracts.Sessions;

/// <summary>One frontend process as the silo sees it: where deliveries for its streams go.</summary>
[Alias("frontend-sink")]
public interface IFrontendSink : IGrainObserver
{
    /// <summary>Puts a batch into the streams' outbound queues, in order; done when every delivery has its place.</summary>
    [Alias("deliver")]
    Task<DeliveryReport> DeliverAsync(DeliveryBatch batch);
}
