using Krewe.Contracts.Muc;
using Krewe.Frontend.Routing;

namespace Krewe.Frontend.Muc;

/// <summary>Somebody who sends to rooms and their services.</summary>
internal interface IRoomVisitor : IStanzaSender
{
    /// <summary>As rooms know it.</summary>
    MucSession MucSession { get; }

    /// <summary>The rooms that it is in or on its way into; null until it first sends to one.</summary>
    RoomVisits? Rooms { get; set; }
}
