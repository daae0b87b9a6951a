using System.Collections.Immutable;
using Krewe.Contracts.Sessions;

namespace Krewe.Frontend.Http;

/// <summary>The sessions whose streams this process has, for the operator's list.</summary>
internal interface ISessionDirectory
{
    /// <summary>The bound sessions of a host, in no order.</summary>
    ImmutableArray<SessionListing> List(string domain);
}
