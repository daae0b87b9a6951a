using Krewe.Grains.Muc;
using Krewe.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Krewe.Tests.Unit.Muc;

public sealed class MucFallbackLogTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Lines _lines = new();

    [Fact]
    public void Admitted_IsToldAtOnce_AndThenOnceAMinuteWithTheirNumber()
    {
        var log = new MucFallbackLog(_time, _lines);
        for (var i = 0; i < 5; i++)
        {
            log.Admitted("rooms.a.example", "stage@rooms.a.example", $"u{i}@a.example");
        }

        log.Admitted("rooms.b.example", "stage@rooms.b.example", "u@b.example");
        _time.Advance(TimeSpan.FromSeconds(61));
        log.Admitted("rooms.a.example", "stage@rooms.a.example", "u@a.example");

        var warnings = _lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Text).ToArray();
        Assert.Equal(3, warnings.Length);
        Assert.Contains("rooms.a.example gave no answer, and 1 were", warnings[0], StringComparison.Ordinal);
        Assert.Contains("rooms.b.example gave no answer, and 1 were", warnings[1], StringComparison.Ordinal);
        Assert.Contains("rooms.a.example gave no answer, and 5 were", warnings[2], StringComparison.Ordinal);
        Assert.All(warnings, warning => Assert.DoesNotContain("@", warning, StringComparison.Ordinal));
        Assert.Equal(7, _lines.Count(line => line.Level == LogLevel.Debug && line.Text.Contains("stage@rooms.", StringComparison.Ordinal)));
    }

    private sealed class Lines : List<(LogLevel Level, string Text)>, ILogger<MucFallbackLog>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add((logLevel, formatter(state, exception)));
    }
}
