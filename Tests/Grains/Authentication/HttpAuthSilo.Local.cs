namespace Krewe.Tests.Grains.Authentication;

public sealed partial class HttpAuthSilo
{
    // One process, and nothing to set up.
}
