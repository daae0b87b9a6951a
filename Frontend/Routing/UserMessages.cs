using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Observability;

namespace Krewe.Frontend.Routing;

/// <summary>A message's last part of the way to a user (RFC 6121 §8.5): to streams, or to where it waits for one (XEP-0160).</summary>
internal sealed class UserMessages(IGrainFactory grains, LocalRoutes routes, OfflineDelivery offline, FrontendInstruments instruments)
{
    /// <summary>Null when it was delivered, stored, or dropped as the RFC says; else what its sender is to be told.</summary>
    public async Task<StanzaError?> DeliverAsync(StanzaFrame message) => await DecideAsync(message) switch
    {
        RouteOutcome.StoreOffline => await offline.StoreAsync(message),
        RouteOutcome.ServiceUnavailable => StanzaError.ServiceUnavailable,
        _ => null,
    };

    private async Task<RouteOutcome> DecideAsync(StanzaFrame message)
    {
        var outcome = routes.IsSurelyOffline(message.To!.Bare)
            ? DeliveryPolicy.Decide(StanzaKind.Message, message.Type, message.To.Resourcepart, []).Outcome
            : await grains.Sessions(message.To).RouteAsync(message);
        instruments.Routed(RoutePath.Grain, outcome);
        return outcome;
    }
}
