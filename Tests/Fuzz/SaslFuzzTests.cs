using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Sasl;
using Krewe.Tests.Unit.Sasl;

namespace Krewe.Tests.Fuzz;

/// <summary>What anybody can send before he has shown who he is: it is answered, never an exception.</summary>
public sealed class SaslFuzzTests
{
    private static readonly string[] Pieces =
    [
        "n,,", "y,,", "p=tls-server-end-point,,", "a=", "n=", "r=", "c=biws", "p=", "m=", "x=y", ",", "=", "=2C", "romeo", "abc", "AAAA", "\u0001", "auth=Bearer ", "\0", "@", "/", "\u00E9", "e\u0301", "\uFF0F",
    ];

    [Fact]
    public void Exchange_OfAnyMessages_EndsInAnAnswer()
    {
        var messages = Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces.Take(9)));
        var mechanisms = Gen.Elements("PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "OAUTHBEARER");
        Prop.ForAll(Arb.From(mechanisms), Arb.From(messages), Arb.From(messages), (mechanism, first, second) =>
        {
            var settings = SaslFixture.Settings() with { Authentication = [HostAuthentication.InternalHashed, HostAuthentication.Jwt] };
            var negotiator = new SaslFixture().Negotiator(SaslOffer.For(settings, isEncrypted: true, SaslFixture.Binding));
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

    /// <summary>RFC 7628 §3.1: what is put together by the grammar is read as what it was made of.</summary>
    [Fact]
    public void BearerMessage_OfTheGrammar_IsReadAsItWasMade()
    {
        var word = Gen.Elements("abcXYZ019-._~+/".ToCharArray()).NonEmptyListOf().Select(characters => string.Concat(characters));
        var name = Gen.Elements("ab,=é@.\u2603".ToCharArray()).NonEmptyListOf().Select(characters => string.Concat(characters));
        var keys = Gen.Elements("host", "port", "mthd", "path", "post", "qs", "X").Zip(Gen.Elements("", "a", "a=b", "GET / \t\r\n", "~!")).ListOf();
        var made = word.SelectMany(token => name.Select(authzid => (token, authzid))).SelectMany(pair => keys.Select(others => (pair.token, pair.authzid, others)));
        Prop.ForAll(Arb.From(made), message =>
        {
            var authzid = message.authzid.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);
            var others = string.Concat(message.others.Select(pair => $"{pair.Item1}={pair.Item2}\u0001"));
            var read = OAuthBearerMessage.Parse(Encoding.UTF8.GetBytes($"n,a={authzid},\u0001{others}auth=Bearer {message.token}==\u0001\u0001"));
            return read == new OAuthBearerMessage(message.authzid, $"{message.token}==");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void BearerMessage_OfAnyPieces_IsReadOrNot()
    {
        var pieces = Gen.Elements("n,,", "y,a=", "p=x,,", "\u0001", "auth=", "Bearer ", "a", "==", "=", ",", "host=h", "\0", "\u00E9", " ").ListOf().Select(parts => string.Concat(parts.Take(12)));
        Prop.ForAll(Arb.From(pieces), text =>
            OAuthBearerMessage.Parse(Encoding.UTF8.GetBytes(text)) is not { } read || text.Contains(read.Token, StringComparison.Ordinal))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), octets => OAuthBearerMessage.Parse(octets) is null).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
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
