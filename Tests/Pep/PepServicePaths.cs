using Krewe.Tests.Defects;

namespace Krewe.Tests.Pep;

/// <summary>With the local path, as one process has it.</summary>
public sealed class PepServiceByLocalPathTests(RunningKrewe krewe) : PepServiceTests(krewe), IClassFixture<RunningKrewe>;

/// <summary>With a grain call for each message, as between several processes.</summary>
public sealed class PepServiceByGrainsTests(PepServiceByGrainsTests.Server server) : PepServiceTests(server.Krewe), IClassFixture<PepServiceByGrainsTests.Server>
{
    public sealed class Server : IAsyncLifetime
    {
        public RunningKrewe Krewe { get; } = new() { Configure = options => options with { UseLocalPath = false } };

        public Task InitializeAsync() => Krewe.InitializeAsync();

        public Task DisposeAsync() => Krewe.DisposeAsync();
    }
}
