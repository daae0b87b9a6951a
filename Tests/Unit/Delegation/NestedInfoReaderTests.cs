using System.Text;
using Krewe.Frontend.Delegation.Nesting;
using Krewe.Frontend.Iq;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>What is taken of a managing entity's disco#info, and where it is too much (specs D-084, D-097).</summary>
public sealed class NestedInfoReaderTests
{
    private const string Node = "urn:xmpp:delegation:2::urn:example";

    private static string Feature(int number) => $"<feature var='urn:example:{number}'/>";

    private static string Form(int number) =>
        $"<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:example:{number}</value></field><field var='a'><value>1</value></field></x>";

    private static DiscoInfo Read(string content, string attributes = $" node='{Node}'") =>
        NestedInfoReader.Read(Encoding.UTF8.GetBytes($"<iq type='result' id='1'><query xmlns='http://jabber.org/protocol/disco#info'{attributes}>{content}</query></iq>"), Node);

    [Fact]
    public void Answer_IsReadWithIdentitiesFeaturesAndForms()
    {
        var info = Read("""
             <identity category='pubsub' type='pep' name='Élan &amp; co' xml:lang='fr'/> <other xmlns='urn:other'><feature var='urn:no'/></other>
             <feature var='urn:example'/><feature var='urn:example#a'>text</feature>
            """ + Form(1));

        Assert.Equal(new DiscoIdentity("pubsub", "pep", "fr", "Élan & co"), Assert.Single(info.Identities));
        Assert.Equal(["urn:example", "urn:example#a"], info.Features.ToArray());
        Assert.Equal("urn:example:1", Assert.Single(info.Forms).FormType);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" node='urn:xmpp:delegation:2::urn:example'")]
    public void Answer_WithTheNodeOrWithout_Counts(string attributes) => Assert.Equal(["urn:example"], Read("<feature var='urn:example'/>", attributes).Features.ToArray());

    [Fact]
    public void Answer_AboutAnotherNode_IsNothing() => Assert.True(Read("<feature var='urn:example'/>", " node='urn:xmpp:delegation:2:bare:urn:example'").IsEmpty);

    [Theory]
    [InlineData("<iq type='result' id='1'/>")]
    [InlineData("<iq type='result' id='1'><query xmlns='http://jabber.org/protocol/disco#items'><feature var='urn:example'/></query></iq>")]
    public void Answer_OfAnotherKind_IsNothing(string iq) => Assert.True(NestedInfoReader.Read(Encoding.UTF8.GetBytes(iq), Node).IsEmpty);

    [Fact]
    public void Parts_AtTheirLimits_Count_AndOneMoreIsNothing()
    {
        Assert.Equal(NestedInfoReader.FeaturesMax, Read(string.Concat(Enumerable.Range(0, NestedInfoReader.FeaturesMax).Select(Feature))).Features.Length);
        Assert.True(Read(string.Concat(Enumerable.Range(0, NestedInfoReader.FeaturesMax + 1).Select(Feature))).IsEmpty);
        Assert.Equal(NestedInfoReader.FormsMax, Read(string.Concat(Enumerable.Range(0, NestedInfoReader.FormsMax).Select(Form))).Forms.Length);
        Assert.True(Read(string.Concat(Enumerable.Range(0, NestedInfoReader.FormsMax + 1).Select(Form))).IsEmpty);
        Assert.Equal(NestedInfoReader.IdentitiesMax, Read(Identities(NestedInfoReader.IdentitiesMax)).Identities.Length);
        Assert.True(Read(Identities(NestedInfoReader.IdentitiesMax + 1)).IsEmpty);
        Assert.True(Read($"<feature var='urn:{new string('x', NestedInfoReader.BytesMax)}'/>").IsEmpty);

        static string Identities(int count) => string.Concat(Enumerable.Range(0, count).Select(number => $"<identity category='c{number}' type='t'/>"));
    }

    [Fact]
    public void Parts_ThatWouldMakeTheHashAmbiguous_OrSayNothing_AreLeftOut()
    {
        var info = Read("""
            <identity category='a&lt;b' type='t'/><identity category='a' type=''/><identity category='a' type='t' name='n&lt;m'/>
            <feature var='urn:a&lt;urn:b'/><feature var=''/><feature/><feature var='urn:kept'/>
            <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE'><value>urn:f</value></field><field var='a'><value>1&lt;2</value></field></x>
            <x xmlns='jabber:x:data' type='result'><field var='a'><value>1</value></field></x>
            <x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:g</value></field></x>
            """);

        Assert.Equal(new DiscoIdentity("a", "t"), Assert.Single(info.Identities));
        Assert.Equal(["urn:kept"], info.Features.ToArray());
        Assert.Empty(info.Forms);
    }

    [Fact]
    public void Form_ThatIsNone_MakesTheAnswerNothing() =>
        Assert.True(Read("<feature var='urn:example'/><x xmlns='jabber:x:data' type='nonsense'/>").IsEmpty);
}
