using System.Text.RegularExpressions;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Tests.Unit.Iq;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Architecture;

/// <summary>Lists that must not fall behind what they list.</summary>
public sealed partial class CompletenessTests
{
    [Fact]
    public void StanzaErrors_AllHaveTheirWireName()
    {
        Assert.Equal(22, Enum.GetValues<StanzaErrorCondition>().Length);
        Assert.All(Enum.GetValues<StanzaErrorCondition>(), condition => Assert.Equal(Hyphenated($"{condition}"), StanzaErrorWriter.WireName(condition)));
        Assert.All(Enum.GetValues<StanzaErrorType>(), type => Assert.Equal(Hyphenated($"{type}"), StanzaErrorWriter.WireName(type)));
    }

    [Fact]
    public void StreamErrors_AllHaveTheirWireName() =>
        Assert.All(Enum.GetValues<StreamErrorCondition>(), condition => Assert.Equal(Hyphenated($"{condition}"), condition.ToName()));

    [Fact]
    public void StreamEnds_AreTheStreamErrorsOfTheSameName() =>
        Assert.All(Enum.GetValues<StreamEnd>(), end => Assert.Equal($"{end}", $"{end.ToStreamError()}"));

    [Fact]
    public void StanzaTypes_AreSpelledAsTheyAreNamed()
    {
        // RFC 6121 §4.7.1 and §5.2.2: these are said by leaving the attribute out.
        StanzaType[] unsaid = [StanzaType.Normal, StanzaType.Available, StanzaType.Invalid];
        Assert.All(Enum.GetValues<StanzaType>(), type => Assert.Equal(unsaid.Contains(type) ? null : $"{type}".ToLowerInvariant(), StanzaTypes.WireName(type)));
    }

    [Fact]
    public void IqHandlers_AreAllRegistered()
    {
        var services = new ServiceCollection();
        services.AddKreweFrontend();
        var registered = services.Where(service => service.ServiceType == typeof(IIqHandler)).Select(service => service.ImplementationType!.Name);

        Assert.Equal(HandlerTypes.All.Select(handler => handler.GetType().Name).Order(StringComparer.Ordinal), registered.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void IqHandlers_ThatAccountsOrHostsOffer_NameTheirFeature()
    {
        // RFC 6120's bind and RFC 3921's session are told in the stream features instead.
        var offered = HandlerTypes.All.Where(handler => (handler.Targets & (IqTarget.Account | IqTarget.Host)) != 0).ToArray();
        var silent = offered.Where(handler => handler.Feature is null).Select(handler => handler.GetType());

        Assert.Equal([typeof(BindHandler), typeof(SessionHandler)], silent);

        // Rooms and their services tell of theirs themselves.
        Assert.All(HandlerTypes.All.Except(offered), handler => Assert.Null(handler.Feature));
        Assert.All(HandlerTypes.All.Where(handler => handler.Feature is not null), handler => Assert.Equal(handler.Namespace, handler.Feature));
    }

    private static string Hyphenated(string name) => Humps().Replace(name, "-$1").ToLowerInvariant()[1..];

    [GeneratedRegex("([A-Z])")]
    private static partial Regex Humps();
}
