using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;

namespace Krewe.Frontend.Muc;

/// <summary>Available presence on its way to a room.</summary>
/// <param name="To">The occupant JID that it was sent to.</param>
internal sealed record RoomPresence(Jid To, MucPresence Presence);
