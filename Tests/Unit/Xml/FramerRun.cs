using System.Buffers;
using System.Text;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Xml;

/// <summary>Feeds bytes to a framer in pieces, as a pipe would, and writes down all that it says.</summary>
internal static class FramerRun
{
    public const string Header =
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' xmlns:x='urn:x' to='a.example' version='1.0' xml:lang='en'>";

    /// <summary>One line for each frame; the last says how it ended: <c>more</c> or the condition.</summary>
    public static List<string> Whole(ReadOnlySpan<byte> bytes, StreamFramer? framer = null) => InPieces(bytes.ToArray(), [], asSegments: false, framer);

    public static List<string> Whole(string xml, StreamFramer? framer = null) => Whole(Encoding.UTF8.GetBytes(xml), framer);

    /// <param name="asSegments">Each piece is a segment of its own; otherwise the pieces lie in one growing segment.</param>
    public static List<string> InPieces(byte[] bytes, IEnumerable<int> cuts, bool asSegments, StreamFramer? framer = null)
    {
        framer ??= new StanzaFramer(StreamLimits.Default.StanzaBytesMax);
        var said = new List<string>();
        var segments = new List<ReadOnlyMemory<byte>>();
        var start = 0;
        try
        {
            foreach (var end in cuts.Append(bytes.Length))
            {
                if (end <= start && end < bytes.Length)
                {
                    continue;
                }

                segments.Add(bytes.AsMemory(start, end - start));
                start = end;
                var arrived = asSegments ? Sequence(segments) : new ReadOnlySequence<byte>(Join(segments));
                var rest = arrived;
                while (framer.TryRead(ref rest, out var frame))
                {
                    said.Add(Describe(framer, frame));
                }

                segments = [.. Split(rest)];
            }

            said.Add($"more {Encoding.Latin1.GetString(Sequence(segments).ToArray())}");
        }
        catch (StreamException exception)
        {
            said.Add(exception.Condition.ToName());
        }

        return said;
    }

    public static ReadOnlySequence<byte> Sequence(IEnumerable<ReadOnlyMemory<byte>> segments)
    {
        Segment? first = null, last = null;
        foreach (var memory in segments)
        {
            last = last is null ? first = new Segment(memory) : last.Append(memory);
        }

        return first is null ? default : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    private static byte[] Join(List<ReadOnlyMemory<byte>> segments) => Sequence(segments).ToArray();

    private static IEnumerable<ReadOnlyMemory<byte>> Split(ReadOnlySequence<byte> rest)
    {
        foreach (var memory in rest)
        {
            if (!memory.IsEmpty)
            {
                yield return memory;
            }
        }
    }

    private static string Describe(StreamFramer framer, Frame frame)
    {
        byte[]? rented = null;
        var bytes = frame.Contiguous(ref rented);
        var head = frame.Head;
        var text = Encoding.Latin1.GetString(bytes);
        return frame.Kind switch
        {
            FrameKind.Element => $"{head.Namespace} {head.IsStanza} {head.Kind} {head.StanzaType} name={Text(head.Name(bytes))} to={head.HasTo}:{Text(head.To(bytes))} "
                + $"from={head.HasFrom}:{Text(head.From(bytes))} id={head.HasId}:{Text(head.Id(bytes))} type={head.HasType}:{Text(head.Type(bytes))} "
                + $"lang={head.HasLang}:{Text(head.Lang(bytes))} tag={head.StartTagEnd} empty={head.IsEmptyElement} children={head.ChildElements} "
                + $"first={Text(head.FirstChildName(bytes))}|{Text(head.FirstChildNamespace(bytes))} prefix={head.UsesStreamPrefix} {text}",
            FrameKind.StreamHeader => $"header to={framer.Header.To} ns={framer.Header.ContentNamespace} fault={framer.Header.Fault} {text}",
            _ => $"end {text}",
        };
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
