namespace Krewe.Tests.Grains;

public sealed partial class RosterSilo
{
    // One process, and nothing to set up.
}
