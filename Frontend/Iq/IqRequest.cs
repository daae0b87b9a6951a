using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Iq;

/// <summary>Whom an IQ is for, as far as the server answers it.</summary>
[Flags]
internal enum IqTarget : byte
{
    /// <summary>The sender's own account: no <c>to</c>, or the own bare JID.</summary>
    Account = 1,

    /// <summary>A host's own domain.</summary>
    Host = 2,

    /// <summary>Somebody else's bare JID.</summary>
    OtherAccount = 4,

    /// <summary>A room service's domain (XEP-0045); <see cref="IqRequest.Hosted"/> tells whose.</summary>
    RoomService = 8,

    /// <summary>A room's bare JID.</summary>
    Room = 16,
}

/// <summary>An IQ get or set that the server answers, exactly once.</summary>
/// <param name="Type">Get or set.</param>
/// <param name="To">As the client gave it; the answer's <c>from</c>.</param>
/// <param name="Xml">The whole element; empty for a handler that does not need it.</param>
internal sealed record IqRequest(IStanzaSender Sender, StanzaType Type, string Id, Jid? To, IqTarget Target, byte[] Xml)
{
    /// <summary>The client's stream that it came by; where <see cref="Sender"/> is neither a component nor somebody who acts by privilege.</summary>
    public C2SStream Stream => (C2SStream)Sender;

    /// <summary>The domain of <see cref="To"/> as it was found, when that is a room service.</summary>
    public HostedDomain Hosted { get; init; }

    public void Refuse(StanzaError error) => StanzaErrorWriter.Refuse(Sender, StanzaKind.Iq, Type, Id, To, error);

    /// <summary>Answers as a handler has decided.</summary>
    public void Reply(IqReply reply)
    {
        if (reply.Error is { } error)
        {
            Refuse(error);
        }
        else
        {
            Answer(reply.Payload ?? (static (ref XmppWriter _) => { }));
        }
    }

    /// <summary>Answers with a result that has no payload.</summary>
    public void Confirm() => Answer(static (ref XmppWriter _) => { });

    /// <summary>Answers with a result.</summary>
    public void Answer(XmppPayload payload)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        WriteStart(ref xml);
        payload(ref xml);
        xml.Raw("</iq>"u8);
        Sender.ChargeAnswer(output.WrittenCount);
        Sender.Enqueue(output.WrittenSpan);
    }

    /// <summary>The result's start tag.</summary>
    public void WriteStart(ref XmppWriter xml)
    {
        xml.Raw("<iq"u8);
        xml.AttributeRaw("to"u8, Sender.FromFull);
        if (To is not null)
        {
            xml.Attribute("from"u8, To.ToString());
        }

        xml.Raw(" type='result'"u8);
        xml.Attribute("id"u8, Id);
        xml.Raw(">"u8);
    }
}

/// <summary>Writes a result's payload.</summary>
internal delegate void XmppPayload(ref XmppWriter xml);

/// <summary>What is answered to an IQ, as a value: a result with or without payload, or an error.</summary>
internal sealed record IqReply(StanzaError? Error, XmppPayload? Payload)
{
    /// <summary>A result without payload.</summary>
    public static readonly IqReply Confirmed = new(null, null);

    public static IqReply Result(XmppPayload payload) => new(null, payload);

    public static IqReply Refused(StanzaError error) => new(error, null);

    /// <summary>The error, or else a result without payload.</summary>
    public static IqReply ConfirmedUnless(StanzaError? error) => error is null ? Confirmed : Refused(error);
}
