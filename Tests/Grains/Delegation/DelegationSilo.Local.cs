namespace Krewe.Tests.Grains.Delegation;

public sealed partial class DelegationSilo
{
    // One process, and nothing to set up.
}
