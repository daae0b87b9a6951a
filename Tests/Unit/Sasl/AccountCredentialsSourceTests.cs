using System.Reflection;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Frontend.Sasl;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;

namespace Krewe.Tests.Unit.Sasl;

/// <summary>The way from a login to the account's grain, and what a grain that cannot answer comes to.</summary>
public sealed class AccountCredentialsSourceTests
{
    private static readonly Jid Romeo = Jid.Parse("romeo@verona.example");

    [Fact]
    public async Task Account_IsThatOfTheBareJid()
    {
        var credentials = new AccountCredentials(true, true, []);
        var source = Source(key => key == "romeo@verona.example" ? Task.FromResult(credentials) : throw new InvalidOperationException(key));
        Assert.Same(credentials, await source.GetAsync(Romeo, CancellationToken.None));
    }

    [Fact]
    public async Task GrainThatFails_IsNoAnswer()
    {
        Assert.Null(await Source(_ => throw new TimeoutException()).GetAsync(Romeo, CancellationToken.None));
        Assert.Null(await Source(_ => Task.FromException<AccountCredentials>(new InvalidOperationException())).GetAsync(Romeo, CancellationToken.None));
    }

    [Fact]
    public async Task StreamThatEnds_StopsTheWaiting()
    {
        using var stop = new CancellationTokenSource();
        var waiting = Source(_ => new TaskCompletionSource<AccountCredentials>().Task).GetAsync(Romeo, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
    }

    [Fact]
    public async Task AddSasl_GivesWhatANegotiatorNeeds()
    {
        await using var provider = new ServiceCollection()
            .AddLogging()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new KreweOptions { Data = "/nowhere", AdminToken = "x" })
            .AddSingleton(Factory(_ => Task.FromResult(new AccountCredentials(true, true, ScramKeys.Create("wherefore")))))
            .AddSasl()
            .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true });
        var negotiator = new SaslNegotiator(SaslFixture.Offer(), provider.GetRequiredService<SaslServices>());
        Assert.IsType<SaslReply.Success>(await negotiator.AuthAsync("PLAIN", SaslFixture.Encode("\0romeo\0wherefore")));
    }

    private static AccountCredentialsSource Source(Func<string, Task<AccountCredentials>> answer) =>
        new(Factory(answer), NullLogger<AccountCredentialsSource>.Instance);

    private static IGrainFactory Factory(Func<string, Task<AccountCredentials>> answer)
    {
        var factory = DispatchProxy.Create<IGrainFactory, Stub>();
        ((Stub)(object)factory).Answer = arguments =>
        {
            var grain = DispatchProxy.Create<IAccountGrain, Stub>();
            ((Stub)(object)grain).Answer = _ => answer((string)arguments[0]!);
            return grain;
        };
        return factory;
    }

    /// <summary>An object of any interface: the two grain hosts' factories differ in what else they can do.</summary>
    public class Stub : DispatchProxy
    {
        public Func<object?[], object?> Answer { get; set; } = _ => null;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Answer(args ?? []);
    }
}
