using System.Buffers;
using BenchmarkDotNet.Attributes;
using Krewe.Frontend.Xml;

namespace Krewe.Benchmarks.Xml;

/// <summary>A roster push, as the writer makes it and as a handler reads it.</summary>
[MemoryDiagnoser]
public class WriterBenchmark
{
    private readonly ArrayBufferWriter<byte> _output = new(1024);
    private byte[] _written = [];

    [GlobalSetup]
    public void Fill()
    {
        WriteRosterPush();
        _written = _output.WrittenSpan.ToArray();
    }

    [Benchmark(Baseline = true)]
    public int WriteRosterPush()
    {
        _output.ResetWrittenCount();
        var writer = new XmppWriter(_output);
        writer.Raw("<iq type='set'"u8);
        writer.Attribute("to"u8, "romeo@montague.example/orchard");
        writer.Attribute("id"u8, "push-17");
        writer.Raw("><query xmlns='jabber:iq:roster'><item"u8);
        writer.Attribute("jid"u8, "juliet@capulet.example");
        writer.Attribute("name"u8, "Juliet & Nurse");
        writer.Raw(" subscription='both'><group>"u8);
        writer.Text("Friends");
        writer.Raw("</group></item></query></iq>"u8);
        return _output.WrittenCount;
    }

    [Benchmark]
    public int ReadRosterPush()
    {
        var reader = new XmlElementReader(_written);
        var length = 0;
        while (reader.Read())
        {
            if (reader.Node == XmlNode.Start && reader.Is("item"u8, "jabber:iq:roster"u8) && reader.TryGetAttribute("jid"u8, out var jid))
            {
                length += jid.Length;
            }
        }

        return length;
    }
}
