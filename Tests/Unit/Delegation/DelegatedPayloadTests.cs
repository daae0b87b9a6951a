using System.Text;
using Krewe.Frontend.Delegation;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>Contract §5, "Namespace": what a web service writes goes into a stream only when it is one whole payload, or a stanza error.</summary>
public sealed class DelegatedPayloadTests
{
    private const string Conflict = "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>";

    [Theory]
    [InlineData("<query xmlns='urn:x'/>")]
    [InlineData(" <query xmlns='urn:x'><a>text &amp; more</a><![CDATA[<]]></query>\n")]
    [InlineData("<x:query xmlns:x='urn:x'><x:a/></x:query>")]
    [InlineData("<query xmlns='urn:x'><iq xmlns='jabber:client'/></query>")]
    public void Result_ThatIsOneElement_IsProper(string xml) => Assert.True(IsProper(xml, isError: false));

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("<query/>")]
    [InlineData("<query xmlns='jabber:client'/>")]
    [InlineData("<query xmlns='urn:x'/><query xmlns='urn:x'/>")]
    [InlineData("<query xmlns='urn:x'/>text")]
    [InlineData("<query xmlns='urn:x'>")]
    [InlineData("</iq><message/><iq>")]
    [InlineData("<query xmlns='urn:x'/></iq><message to='a'/><iq>")]
    [InlineData("<query xmlns='urn:x'/></iq>")]
    [InlineData("<query xmlns='urn:x'></iq></query>")]
    [InlineData("<a></b>")]
    [InlineData("<x:query/>")]
    [InlineData("<stream:error/>")]
    [InlineData("<query xmlns='urn:x'><stream:error/></query>")]
    [InlineData("<?xml version='1.0'?><query xmlns='urn:x'/>")]
    [InlineData("<!DOCTYPE query><query xmlns='urn:x'/>")]
    [InlineData("<!-- so --><query xmlns='urn:x'/>")]
    [InlineData("<?php ?><query xmlns='urn:x'/>")]
    [InlineData("<query xmlns='urn:x'>&nbsp;</query>")]
    [InlineData("<query xmlns='urn:x'>\0</query>")]
    [InlineData("<query xmlns='urn:x' a='1' a='2'/>")]
    [InlineData("</stream:stream>")]
    public void Result_ThatIsAnythingElse_IsNot(string xml) => Assert.False(IsProper(xml, isError: false));

    [Fact]
    public void Result_ThatIsTooDeep_IsNot() => Assert.False(IsProper("<a xmlns='urn:x'>" + string.Concat(Enumerable.Repeat("<a>", 200)) + string.Concat(Enumerable.Repeat("</a>", 200)) + "</a>", isError: false));

    [Theory]
    [InlineData($"<error type='cancel'>{Conflict}</error>")]
    [InlineData($"<error xmlns='jabber:client' type='wait' code='409'>{Conflict}<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>no</text><own xmlns='urn:x'/></error>")]
    public void Error_ThatIsAStanzaError_IsProper(string xml) => Assert.True(IsProper(xml, isError: true));

    [Theory]
    [InlineData("")]
    [InlineData("<error type='cancel'/>")]
    [InlineData($"<error>{Conflict}</error>")]
    [InlineData($"<error type='fatal'>{Conflict}</error>")]
    [InlineData($"<error type='cancel'>{Conflict}{Conflict}</error>")]
    [InlineData("<error type='cancel'><broken xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")]
    [InlineData("<error type='cancel'><conflict/></error>")]
    [InlineData($"<error xmlns='urn:x' type='cancel'>{Conflict}</error>")]
    [InlineData($"<query xmlns='urn:x'/><error type='cancel'>{Conflict}</error>")]
    [InlineData($"<error type='cancel'>{Conflict}</error><error type='cancel'>{Conflict}</error>")]
    public void Error_ThatIsNone_IsNot(string xml) => Assert.False(IsProper(xml, isError: true));

    private static bool IsProper(string xml, bool isError) => DelegatedPayload.IsProper(Encoding.UTF8.GetBytes(xml), isError);
}
