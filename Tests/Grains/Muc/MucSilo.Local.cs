namespace Krewe.Tests.Grains.Muc;

public sealed partial class MucSilo
{
    // One process, and nothing to set up.
}
