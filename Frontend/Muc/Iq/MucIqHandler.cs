using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>An IQ to a room, or to a room service, without the stream that it came by.</summary>
/// <param name="Type">Get or set.</param>
/// <param name="Sender">Where it comes from.</param>
/// <param name="To">The room, or the service's domain.</param>
/// <param name="Xml">The whole element.</param>
internal sealed record MucIqQuery(StanzaType Type, MucSession Sender, Jid To, MucServiceSettings Service, byte[] Xml)
{
    public Jid From => Sender.Jid;
}

/// <summary>Answers the IQs of one payload that are for rooms or their services (XEP-0045). What it answers is a value; when, is the router's affair.</summary>
internal abstract class MucIqHandler : IIqHandler
{
    public abstract string Namespace { get; }

    public string Name => "query";

    public abstract IqTarget Targets { get; }

    /// <summary>Rooms and their services tell of their features themselves, not their host.</summary>
    public string? Feature => null;

    /// <summary>Whether it depends on what its sender sent to the room before.</summary>
    public virtual bool IsInOrder => true;

    public async ValueTask HandleAsync(IqRequest request) =>
        request.Reply(await AnswerAsync(new MucIqQuery(
            request.Type, ((IRoomVisitor)request.Sender).MucSession, request.To!, (MucServiceSettings)request.Hosted.Component!, request.Xml)));

    public abstract ValueTask<IqReply> AnswerAsync(MucIqQuery query);
}
