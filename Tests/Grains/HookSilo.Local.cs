namespace Krewe.Tests.Grains;

public abstract partial class HookSilo
{
    // One process, and nothing to set up.
}
