using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;

namespace Krewe.Tests.Unit.Sessions;

/// <summary>RFC 6121 §8.5.4, table 1, row by row, with the silent letter towards strangers.</summary>
public sealed class DeliveryPolicyTests
{
    /// <summary>What the letters of a row stand for, in its order.</summary>
    private static readonly StanzaType[] Columns = [StanzaType.Normal, StanzaType.Chat, StanzaType.Groupchat, StanzaType.Headline, StanzaType.Error];

    /// <param name="resources">
    /// <c>name:priority</c>, or only the name of one that is connected but not available. An account that does not exist is one without resources.
    /// </param>
    /// <param name="toResource">Null for the bare JID.</param>
    /// <param name="letters">O store, E service-unavailable, S ignore; or the resources that get it, joined by +.</param>
    [Theory]
    [InlineData("", null, "O O E S S")]
    [InlineData("", "x", "S O S S S")]
    [InlineData("a", null, "O O E S S")]
    [InlineData("a", "a", "a a a a a")]
    [InlineData("a", "x", "S O S S S")]
    [InlineData("a:-1", null, "O O E S S")]
    [InlineData("a:-1", "a", "a a a a a")]
    [InlineData("a:-1", "x", "S O S S S")]
    [InlineData("a:-128 b:-1", null, "O O E S S")]
    [InlineData("a:-128 b:-1", "b", "b b b b b")]
    [InlineData("a:0", null, "a a E a S")]
    [InlineData("a:0", "a", "a a a a a")]
    [InlineData("a:0", "x", "S a S S S")]
    [InlineData("a:-1 b:0 c", null, "b b E b S")]
    [InlineData("a:-1 b:0 c", "a", "a a a a a")]
    [InlineData("a:-1 b:0 c", "c", "c c c c c")]
    [InlineData("a:-1 b:0 c", "x", "S b S S S")]
    [InlineData("a:1 b:5 c:3", null, "b b E a+b+c S")]
    [InlineData("a:1 b:5 c:3", "a", "a a a a a")]
    [InlineData("a:1 b:5 c:3", "x", "S b S S S")]
    [InlineData("a:5 b:5 c:3 d:-1 e", null, "a+b a+b E a+b+c S")]
    [InlineData("a:5 b:5 c:3 d:-1 e", "c", "c c c c c")]
    [InlineData("a:5 b:5 c:3 d:-1 e", "d", "d d d d d")]
    [InlineData("a:5 b:5 c:3 d:-1 e", "x", "S a+b S S S")]
    [InlineData("a:0 b:0 c:0", null, "a+b+c a+b+c E a+b+c S")]
    [InlineData("a:127 b:-128", null, "a a E a S")]
    public void Message_OfEachType_GoesWhereTheTableSays(string resources, string? toResource, string letters)
    {
        var routes = Parse(resources);

        Assert.Equal(letters, string.Join(' ', Columns.Select(type => Letter(DeliveryPolicy.Decide(StanzaKind.Message, type, toResource, routes), routes))));
    }

    /// <summary>§8.1: who may see that the resource is gone is told so; errors are answered to nobody, and the bare JID's letters are the same.</summary>
    [Theory]
    [InlineData("", null, "O O E S S")]
    [InlineData("", "x", "E O E E S")]
    [InlineData("a", "x", "E O E E S")]
    [InlineData("a:-1", "x", "E O E E S")]
    [InlineData("a:-1", "a", "a a a a a")]
    [InlineData("a:0", null, "a a E a S")]
    [InlineData("a:0", "x", "E a E E S")]
    [InlineData("a:5 b:5", "x", "E a+b E E S")]
    [InlineData("a:5 b:5", "b", "b b b b b")]
    public void Message_OfATrustedSender_IsRefusedWhereAStrangersIsIgnored(string resources, string? toResource, string letters)
    {
        var routes = Parse(resources);

        Assert.Equal(letters, string.Join(' ', Columns.Select(type => Letter(DeliveryPolicy.Decide(StanzaKind.Message, type, toResource, routes, isTrusted: true), routes))));
    }

    [Theory]
    [InlineData("", "x", "E E S S")]
    [InlineData("a:0", "x", "E E S S")]
    [InlineData("a:0", "a", "a a a a")]
    [InlineData("a:-1", "a", "a a a a")]
    [InlineData("a", "a", "a a a a")]
    public void Iq_ToAFullJid_GoesThereOrIsRefused(string resources, string toResource, string letters)
    {
        var routes = Parse(resources);
        StanzaType[] types = [StanzaType.Get, StanzaType.Set, StanzaType.Result, StanzaType.Error];

        Assert.Equal(letters, string.Join(' ', types.Select(type => Letter(DeliveryPolicy.Decide(StanzaKind.Iq, type, toResource, routes), routes))));
    }

    [Fact]
    public void Resourceparts_AreComparedByTheirOctets()
    {
        var routes = Parse("Balcony:0");

        Assert.Equal("S", Letter(DeliveryPolicy.Decide(StanzaKind.Message, StanzaType.Headline, "balcony", routes), routes));
        Assert.Equal("Balcony", Letter(DeliveryPolicy.Decide(StanzaKind.Message, StanzaType.Headline, "Balcony", routes), routes));
    }

    [Fact]
    public void BareJid_NeverReachesANegativeOrUnavailableResource()
    {
        Prop.ForAll(Arb.From(Resources), Arb.From(Gen.Elements(Columns)), (resources, type) =>
            Targets(DeliveryPolicy.Decide(StanzaKind.Message, type, null, resources)).All(index => resources[index] is { IsAvailable: true, Priority: >= 0 }))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void ResourcesThatCannotGetIt_ChangeNoAnswer()
    {
        // A stranger learns neither that an account exists nor that its owner is there but hides.
        Prop.ForAll(Arb.From(Resources), Arb.From(Gen.Elements(Columns)), Arb.From(Gen.Elements(null, "nobody")), (resources, type, to) =>
        {
            ResourceRoute[] able = [.. resources.Where(resource => resource is { IsAvailable: true, Priority: >= 0 })];
            var (all, without) = (DeliveryPolicy.Decide(StanzaKind.Message, type, to, resources), DeliveryPolicy.Decide(StanzaKind.Message, type, to, able));
            return all.Outcome == without.Outcome
                && Targets(all).Select(index => resources[index].Session).SequenceEqual(Targets(without).Select(index => able[index].Session));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Decision_NamesTargetsExactlyWhenItDelivers()
    {
        Prop.ForAll(Arb.From(Resources), Arb.From(Gen.Elements(Columns)), Arb.From(Gen.Elements(null, "r0", "nobody")), (resources, type, to) =>
        {
            var decision = DeliveryPolicy.Decide(StanzaKind.Message, type, to, resources);
            var targets = Targets(decision);
            return (decision.Outcome == RouteOutcome.Delivered) == (targets.Length > 0)
                && targets.Distinct().Count() == targets.Length
                && (decision.Index < 0 || decision.Indexes is null)
                && decision.Indexes is null or { Length: > 1 };
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static Gen<ResourceRoute[]> Resources =>
        Gen.Choose(0, 6).SelectMany(count => Gen.CollectToList(Enumerable.Range(0, count), number =>
            from priority in Gen.OneOf(Gen.Choose(-2, 2), Gen.Choose(sbyte.MinValue, sbyte.MaxValue))
            from isAvailable in Gen.Elements(true, true, true, false)
            select new ResourceRoute($"r{number}", number, (sbyte)(isAvailable ? priority : 0), isAvailable)))
        .Select(list => list.ToArray());

    private static int[] Targets(DeliveryDecision decision) => decision.Index >= 0 ? [decision.Index] : decision.Indexes ?? [];

    private static string Letter(DeliveryDecision decision, ResourceRoute[] resources) => decision.Outcome switch
    {
        RouteOutcome.StoreOffline => "O",
        RouteOutcome.ServiceUnavailable => "E",
        RouteOutcome.Ignored => "S",
        _ => string.Join('+', Targets(decision).Select(index => resources[index].Resource)),
    };

    private static ResourceRoute[] Parse(string resources) =>
    [
        .. resources.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((text, number) => text.Split(':') is [var name, var priority]
            ? new ResourceRoute(name, number, sbyte.Parse(priority, System.Globalization.CultureInfo.InvariantCulture), true)
            : new ResourceRoute(text, number, 0, false)),
    ];
}
