using System.Net;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Doctor;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Authentication;
using Krewe.Grains.Delegation;
using Krewe.Grains.Doctor;
using Krewe.Grains.Muc;
using Krewe.Grains.Rosters;
using Krewe.Tests.Grains.Storage;
using Krewe.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Doctor;

/// <summary>An examination as a whole: it ends although a hook does not, one at a time, and calls no more than so many hooks.</summary>
public sealed class HostDoctorGrainTests : IAsyncLifetime
{
    private readonly DataFolder _folder = new();
    private readonly FakeHosts _hosts = new();
    private readonly HeldDeadline _time = new();
    private StorageSilo _silo = null!;
    private HookServer _hook = null!;

    public async Task InitializeAsync()
    {
        _hook = await HookServer.StartAsync();
        var options = _folder.Options with { EgressAllow = [new EgressAllowance(IPNetwork.Parse("127.0.0.0/8"), null)] };
        _silo = await StorageSilo.StartAsync(options, services => services.AddSingleton(options).AddSingleton<TimeProvider>(_time).AddSingleton<IHostSettingsSource>(_hosts)
            .AddKreweRosters().AddKreweMuc().AddKreweDelegation().AddKreweAuthentication());
    }

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        await _hook.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Examination_EndsInTime_AndTheNextWaitsForWhatItLeft()
    {
        var gate = _hook.AnswersBehindGate("{}");
        _hosts.Set(HostSettings.Default("verona.example") with { HttpRoster = new HttpRosterSettings { Url = $"{_hook.Url}/%s", Timeout = TimeSpan.FromSeconds(25) } });
        var examining = AskAsync("verona.example");
        await _hook.NextRequestAsync();
        Assert.Null(await AskAsync("verona.example"));

        await _time.PassAsync();
        var found = Assert.Single((await examining)!.Hooks);
        Assert.Equal((HookFinding.NotFinished, HostDoctorGrain.Deadline, TimeSpan.FromSeconds(25)), (found.Finding, found.Elapsed, found.Deadline));
        Assert.Null(await AskAsync("verona.example"));

        gate.SetResult();
        HooksExamined? again;
        while ((again = await AskAsync("verona.example")) is null)
        {
            await Task.Yield();
        }

        Assert.Equal(HookFinding.Good, Assert.Single(again.Hooks).Finding);
    }

    [Fact]
    public async Task Examination_CallsSoManyHooksAtMost()
    {
        _hook.Answers("""{ "allowed": true }""");
        var services = Enumerable.Range(0, IHostDoctorGrain.HooksMax + 6).Select(i => new MucServiceSettings
        {
            Domain = $"rooms{i}.elsinore.example", HttpAuth = new MucHttpAuthSettings { Url = $"{_hook.Url}/{i}" },
        }).ToArray();
        _hosts.Set(HostSettings.Default("elsinore.example") with { Components = System.Collections.Immutable.ImmutableDictionary.ToImmutableDictionary(services, service => service.Domain, ComponentSettings (service) => service) });

        var examined = await AskAsync("elsinore.example", [.. services.Select(service => Jid.Parse($"hall@{service.Domain}"))]);

        Assert.Equal((IHostDoctorGrain.HooksMax, 6), (examined!.Hooks.Length, examined.LeftOut));
        Assert.All(examined.Hooks, hook => Assert.Equal((HookKind.RoomAccess, HookFinding.Good, _hook.Url), (hook.Kind, hook.Finding, hook.Origin)));
        Assert.Equal(IHostDoctorGrain.HooksMax, _hook.Requests.Count);
    }

    [Fact]
    public async Task Examination_OfNoHost_FindsNothing() => Assert.Empty((await AskAsync("nowhere.example"))!.Hooks);

    private Task<HooksExamined?> AskAsync(string host, params Jid[] rooms) =>
        _silo.Grains.Doctor(host).ExamineAsync(new ExaminationRequest(Jid.Parse($"hamlet@{host}"), [.. rooms], []));

    /// <summary>Real time, but for the deadline of an examination, which passes when a test says so.</summary>
    private sealed class HeldDeadline : TimeProvider
    {
        private readonly FakeTimeProvider _held = new();
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != HostDoctorGrain.Deadline)
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            var timer = _held.CreateTimer(callback, state, dueTime, period);
            _begun.TrySetResult();
            return timer;
        }

        public async Task PassAsync()
        {
            await _begun.Task.WaitAsync(Timeouts.Test);
            _held.Advance(HostDoctorGrain.Deadline);
        }
    }
}
