namespace Krewe.Tests.Support;

/// <summary>How long a test waits for a fact before it fails; no test waits for it when all is well.</summary>
internal static class Timeouts
{
    public static readonly TimeSpan Test = TimeSpan.FromSeconds(20);
}
