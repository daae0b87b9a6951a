using System.Text;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Iq;

/// <summary>Answers the IQs of one payload.</summary>
internal interface IIqHandler
{
    string Namespace { get; }

    string Name { get; }

    IqTarget Targets { get; }

    /// <summary>What disco#info of the host tells of it; null for nothing.</summary>
    string? Feature { get; }

    /// <summary>Whether it reads the payload, or its presence says all.</summary>
    bool NeedsPayload => true;

    /// <summary>Whether it may wait for something outside, in sequence with presence; such a handler runs aside.</summary>
    bool IsInSequence => false;

    ValueTask HandleAsync(IqRequest request);
}

/// <summary>The handlers by payload. A handful, so that a search beats a table.</summary>
internal sealed class IqHandlers
{
    private readonly (byte[] Namespace, byte[] Name, IIqHandler Handler)[] _handlers;

    public IqHandlers(IEnumerable<IIqHandler> handlers)
    {
        _handlers = [.. handlers.Select(handler => (Encoding.UTF8.GetBytes(handler.Namespace), Encoding.UTF8.GetBytes(handler.Name), handler))];
        Features = [.. handlers.Select(handler => handler.Feature).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>What the handlers add to the host's disco#info, sorted.</summary>
    public IReadOnlyList<string> Features { get; }

    public IIqHandler? Find(ReadOnlySpan<byte> @namespace, ReadOnlySpan<byte> name, IqTarget target)
    {
        foreach (var (handlerNamespace, handlerName, handler) in _handlers)
        {
            if ((handler.Targets & target) != 0 && name.SequenceEqual(handlerName) && @namespace.SequenceEqual(handlerNamespace))
            {
                return handler;
            }
        }

        return null;
    }
}
