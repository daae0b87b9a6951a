using System.Buffers;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Xml;

/// <summary>Cuts what came from one peer into frames, each proven well-formed and within the limits. After an exception it is of no more use.</summary>
internal abstract class StreamFramer(int stanzaBytesMax, StreamLimits? limits)
{
    private byte[] _assembly = [];

    /// <summary>The longest item that is let through; raised after authentication.</summary>
    public int StanzaBytesMax { get; set; } = stanzaBytesMax;

    /// <summary>The peer's header of the current stream.</summary>
    public StreamHeader Header => Scanner.Header;

    protected XmlScanner Scanner { get; } = new(limits ?? StreamLimits.Default);

    /// <summary>A copy of an item that lies in several pieces; its length is what was appended.</summary>
    protected ReadOnlyMemory<byte> Assembly => _assembly.AsMemory(0, Assembled);

    protected int Assembled { get; private set; }

    /// <summary>A new stream begins with the next item (RFC 6120 §4.3.3): the old namespaces are forgotten.</summary>
    public abstract void Restart();

    /// <summary>
    /// Takes the next item off the buffer. False when it is not complete: the next call must bring the same bytes and more.
    /// </summary>
    /// <exception cref="StreamException">The bytes are no XMPP stream, or too many.</exception>
    public abstract bool TryRead(ref ReadOnlySequence<byte> buffer, out Frame frame);

    protected void Append(ReadOnlySpan<byte> bytes)
    {
        var needed = Assembled + bytes.Length;
        if (needed > _assembly.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _assembly.Length * 2));
            _assembly.AsSpan(0, Assembled).CopyTo(larger);
            ReturnAssembly();
            _assembly = larger;
        }

        bytes.CopyTo(_assembly.AsSpan(Assembled));
        Assembled = needed;
    }

    protected void DropAssembly()
    {
        Assembled = 0;
        ReturnAssembly();
    }

    private void ReturnAssembly()
    {
        if (_assembly.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_assembly);
            _assembly = [];
        }
    }
}
