using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Addressing;
using Krewe.Frontend.Sasl;
using Krewe.Tests.Unit.Sasl;

namespace Krewe.Tests.Fuzz;

/// <summary>What anybody can send before he has shown who he is: it is answered, never an exception.</summary>
public sealed class SaslFuzzTests
{
    private static readonly string[] Pieces =
    [
        "n,,", "y,,", "p=tls-server-end-point,,", "a=", "n=", "r=", "c=biws", "p=", "m=", "x=y", ",", "=", "=2C", "romeo", "abc", "AAAA", "\0", "@", "/", "\u00E9", "e\u0301", "\uFF0F",
    ];

    [Fact]
    public void Exchange_OfAnyMessages_EndsInAnAnswer()
    {
        var messages = Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces.Take(9)));
        var mechanisms = Gen.Elements("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS");
        Prop.ForAll(Arb.From(mechanisms), Arb.From(messages), Arb.From(messages), (mechanism, first, second) =>
        {
            var negotiator = new SaslFixture().Negotiator();
            var reply = Wait(negotiator.AuthAsync(mechanism, SaslFixture.Encode(first)));
            reply = reply is SaslReply.Challenge ? Wait(negotiator.ResponseAsync(SaslFixture.Encode(second))) : reply;
            return reply is SaslReply.Challenge or SaslReply.Failure { EndsStream: false };
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void ScramMessages_OfAnyOctets_AreParsedOrNot()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), octets =>
        {
            // What is parsed is put together again from its parts.
            var first = ScramClientFirst.Parse(octets);
            var final = ScramClientFinal.Parse(octets);
            return (first is null || first.Gs2Header + first.Bare == Encoding.UTF8.GetString(octets))
                && (final is null || $"{final.WithoutProof},p={Convert.ToBase64String(final.Proof)}" == Encoding.UTF8.GetString(octets));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Jid_OfAnyOctets_IsPreparedOrRefused()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), octets =>
            !Jid.TryParse(octets, out var jid) || (Jid.TryParse(jid.ToString(), out var again) && again.Equals(jid)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(10000));
    }

    private static SaslReply Wait(ValueTask<SaslReply> reply) => reply.AsTask().GetAwaiter().GetResult();
}
