using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>muc#owner (XEP-0045 §10.1, §10.2, §10.9): a room's configuration, by form, and its end.</summary>
internal sealed class MucOwnerHandler(IGrainFactory grains) : MucIqHandler
{
    public override string Namespace => MucOwnerRequest.Namespace;

    public override IqTarget Targets => IqTarget.Room;

    public override async ValueTask<IqReply> AnswerAsync(MucIqQuery query)
    {
        if (MucOwnerRequest.Read(query.Xml, query.Type, out var request) is { } malformed)
        {
            return IqReply.Refused(malformed);
        }

        var room = grains.MucRoom(query.To);
        return request switch
        {
            { Destroy: { } destroy } => IqReply.ConfirmedUnless(await room.DestroyAsync(query.From, destroy)),
            { Form.Type: DataFormType.Cancel } => IqReply.ConfirmedUnless(await room.CancelConfigurationAsync(query.From)),
            { Form: { } form } => IqReply.ConfirmedUnless(await SubmitAsync(room, query.From, form)),
            _ => Form(query.To, await room.ConfigurationAsync(query.From)),
        };
    }

    private static async Task<StanzaError?> SubmitAsync(IMucRoomGrain room, Jid owner, DataForm form)
    {
        if (MucConfigForm.Read(form, out var change) is { } unacceptable)
        {
            return unacceptable;
        }

        if (change is { IsPasswordProtected: true, Password: null })
        {
            // The form leaves the password as it is; so there must be one.
            var present = await room.ConfigurationAsync(owner);
            if (present.Error is { } error)
            {
                return error;
            }

            if (present.Config?.Password is null)
            {
                return MucConfigForm.PasswordMissing;
            }
        }

        return await room.ConfigureAsync(owner, change);
    }

    private static IqReply Form(Jid room, MucConfigResult present) => present.Error is { } error
        ? IqReply.Refused(error)
        : IqReply.Result((ref XmppWriter xml) =>
        {
            xml.Raw("<query xmlns='http://jabber.org/protocol/muc#owner'>"u8);
            MucConfigForm.Write(ref xml, room, present);
            xml.Raw("</query>"u8);
        });
}
