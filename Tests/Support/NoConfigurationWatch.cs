using System.Runtime.CompilerServices;

namespace Krewe.Tests.Support;

/// <summary>
/// The web servers of the tests do not watch their configuration files: a watch takes one of the few inotify instances that a user has, and suites that run beside each
/// other ran out of them.
/// </summary>
internal static class NoConfigurationWatch
{
#pragma warning disable CA2255 // A test assembly is started by its runner, and has no other place that comes before every server.
    [ModuleInitializer]
    internal static void Set() => Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
#pragma warning restore CA2255
}
