using System.Xml.Linq;

namespace Krewe.Tests.Pep;

/// <summary>What the service answers to a forwarded request: the payload of a result, or an error.</summary>
internal sealed record PepReply(string Type, XElement? Payload)
{
    public static PepReply Result(XElement? payload = null) => new("result", payload);

    public static PepReply Error(string type, string condition, string? pubsub = null) => new("error", new XElement(
        PepNames.Client + "error",
        new XAttribute("type", type),
        new XElement(PepNames.Stanzas + condition),
        pubsub is null ? null : new XElement(PepNames.PubsubErrors + pubsub)));

    /// <summary>XEP-0355 §4.3: as the server wants it.</summary>
    public XElement Wrap(XElement outer, XElement request) => new(
        PepNames.Accept + "iq",
        new XAttribute("type", "result"),
        outer.Attribute("id"),
        new XAttribute("from", (string)outer.Attribute("to")!),
        new XAttribute("to", (string)outer.Attribute("from")!),
        new XElement(PepNames.Delegation + "delegation", new XElement(PepNames.Forward + "forwarded", new XElement(
            PepNames.Client + "iq",
            new XAttribute("type", Type),
            request.Attribute("id"),
            new XAttribute("to", (string)request.Attribute("from")!),
            request.Attribute("to") is { } to ? new XAttribute("from", to.Value) : null,
            Payload))));
}
