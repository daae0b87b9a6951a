using System.Xml;
using System.Xml.Linq;

namespace Krewe.Tests.Transcripts;

/// <summary>
/// A client's side of a stream over System.Xml, and so independent of the server's own reader: pulls the header, then one first-level element at a time,
/// without reading past it.
/// </summary>
internal sealed class XmppStreamReader(Stream stream) : IDisposable
{
    public static readonly XNamespace Streams = "http://etherx.jabber.org/streams";

    /// <summary>Stands for the closing tag of the stream.</summary>
    public static readonly XName End = Streams + "end";

    private readonly XmlReader _xml = XmlReader.Create(stream, new XmlReaderSettings { Async = true, DtdProcessing = DtdProcessing.Prohibit });
    private bool _hasHeader;

    /// <summary>The stream's header without content, an element, or <see cref="End"/>. Null when the connection is closed.</summary>
    public async Task<XElement?> ReadAsync()
    {
        XElement? open = null;
        while (await NextAsync())
        {
            switch (_xml.NodeType)
            {
                case XmlNodeType.Element:
                    var isEmpty = _xml.IsEmptyElement;
                    var element = StartOf(_xml);
                    if (!_hasHeader)
                    {
                        _hasHeader = true;
                        return element;
                    }

                    open?.Add(element);
                    if (!isEmpty)
                    {
                        open = element;
                    }
                    else if (open is null)
                    {
                        return element;
                    }

                    break;
                case XmlNodeType.EndElement when open is null:
                    return new XElement(End);
                case XmlNodeType.EndElement when open.Parent is null:
                    return open;
                case XmlNodeType.EndElement:
                    open = open.Parent;
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    open?.Add(new XText(_xml.Value));
                    break;
            }
        }

        return null;
    }

    public void Dispose() => _xml.Dispose();

    private async Task<bool> NextAsync()
    {
        try
        {
            return await _xml.ReadAsync();
        }
        catch (XmlException e) when (e.Message.StartsWith("Unexpected end of file", StringComparison.Ordinal) || e.Message.StartsWith("Root element is missing", StringComparison.Ordinal))
        {
            return false;
        }
    }

    private static XElement StartOf(XmlReader xml)
    {
        var element = new XElement(XName.Get(xml.LocalName, xml.NamespaceURI));
        while (xml.MoveToNextAttribute())
        {
            if (xml.NamespaceURI != XNamespace.Xmlns.NamespaceName && xml.Name != "xmlns")
            {
                element.SetAttributeValue(XName.Get(xml.LocalName, xml.NamespaceURI), xml.Value);
            }
        }

        xml.MoveToElement();
        return element;
    }
}
