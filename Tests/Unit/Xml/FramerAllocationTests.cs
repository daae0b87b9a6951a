using System.Buffers;
using System.Text;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Xml;

/// <summary>Framing is paid for each stanza of each stream: it must leave nothing to collect.</summary>
public sealed class FramerAllocationTests
{
    private const string Stanzas =
        "<message to='juliet@capulet.example/balcony' id='ktx72v49' type='chat' xml:lang='en'><body>Art thou not Romeo, &amp; a Montague? – é</body>"
        + "<active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/></message>"
        + "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>\n<presence/>";

    [Theory]
    [InlineData(10_000)]
    [InlineData(50)]
    [InlineData(1)]
    public void TryRead_OnceWarm_AllocatesNothing(int segmentBytes)
    {
        var framer = new StanzaFramer(10_000);
        var header = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(FramerRun.Header));
        Assert.True(framer.TryRead(ref header, out _));
        var bytes = Encoding.UTF8.GetBytes(Stanzas);
        var stanzas = FramerRun.Sequence(bytes.Chunk(segmentBytes).Select(chunk => new ReadOnlyMemory<byte>(chunk)));
        var read = Read(framer, stanzas);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            read += Read(framer, stanzas);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(303, read);
    }

    private static int Read(StanzaFramer framer, ReadOnlySequence<byte> buffer)
    {
        var count = 0;
        while (framer.TryRead(ref buffer, out var frame))
        {
            count += frame.Head.IsStanza ? 1 : 0;
        }

        return count;
    }
}
