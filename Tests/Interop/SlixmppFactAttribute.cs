using System.Diagnostics;

namespace Krewe.Tests.Interop;

/// <summary>A test with a client that Debian packages; skipped where it is not installed, but never in <c>.ci/run</c>, where that is a failure.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SlixmppFactAttribute : FactAttribute
{
    /// <summary>Debian's own interpreter: it is the one that sees Debian's packages.</summary>
    public const string Python = "/usr/bin/python3";

    private static readonly Lazy<bool> IsInstalled = new(Probe);

    public SlixmppFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("KREWE_CI_INTEROP") != "required" && !IsInstalled.Value)
        {
            Skip = "python3-slixmpp is not installed";
        }
    }

    private static bool Probe()
    {
        if (!File.Exists(Python))
        {
            return false;
        }

        using var python = Process.Start(new ProcessStartInfo(Python, ["-c", "import slixmpp"]) { RedirectStandardError = true })!;
        python.StandardError.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0;
    }
}
