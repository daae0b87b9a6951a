using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>Registration with a room (XEP-0045 §7.10, XEP-0077): makes a member and reserves a nickname, if the tenant's service has nothing against it.</summary>
internal sealed class MucRegisterHandler(IGrainFactory grains) : MucIqHandler
{
    public override string Namespace => MucRegisterRequest.Namespace;

    public override IqTarget Targets => IqTarget.Room;

    public override async ValueTask<IqReply> AnswerAsync(MucIqQuery query)
    {
        var room = grains.MucRoom(query.To);
        if (query.Type == StanzaType.Get)
        {
            var present = await room.RegistrationAsync(query.From);
            return present.Error is { } error ? IqReply.Refused(error) : IqReply.Result((ref XmppWriter xml) => Write(ref xml, query.To, present));
        }

        if (MucRegisterRequest.Read(query.Xml, out var request) is { } malformed)
        {
            return IqReply.Refused(malformed);
        }

        return request switch
        {
            { IsRemoval: true } => IqReply.ConfirmedUnless(await room.UnregisterAsync(query.From)),
            { Nickname: { } nickname } => IqReply.ConfirmedUnless(await RegisterAsync(room, query, nickname)),
            _ => IqReply.Confirmed,
        };
    }

    private async Task<StanzaError?> RegisterAsync(IMucRoomGrain room, MucIqQuery query, string nickname)
    {
        var outcome = await room.RegisterAsync(query.From, nickname, null);
        if (!outcome.NeedsDecision)
        {
            return outcome.Error;
        }

        // A refusal goes to the room as well: it knows how it is put.
        var decision = await grains.MucAuth(query.To, query.From).DecideAsync(nickname, isAfresh: false);
        outcome = await room.RegisterAsync(query.From, nickname, decision);

        return outcome.NeedsDecision ? StanzaError.InternalServerErrorWait : outcome.Error;
    }

    private static void Write(ref XmppWriter xml, Jid room, MucRegistration present)
    {
        xml.Raw("<query xmlns='jabber:iq:register'>"u8);
        if (present.IsRegistered)
        {
            xml.Raw("<registered/>"u8);
        }

        if (present.Nickname is { } nickname)
        {
            xml.Raw("<username>"u8);
            xml.Text(nickname);
            xml.Raw("</username>"u8);
        }
        else
        {
            var instructions = $"Choose the nickname to reserve in {room}.";
            xml.Raw("<instructions>"u8);
            xml.Text(instructions);
            xml.Raw("</instructions><username/>"u8);
            DataFormWriter.WriteStart(ref xml, DataFormType.Form, MucRegisterRequest.FormType, "Registration", instructions);
            DataFormWriter.WriteField(ref xml, DataFormFieldType.TextSingle, MucRegisterRequest.NicknameField, "Nickname", [], isRequired: true);
            DataFormWriter.WriteEnd(ref xml);
        }

        xml.Raw("</query>"u8);
    }
}
