using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc;

/// <summary>An invitation on its way through the room (XEP-0045 §7.8.2).</summary>
/// <param name="To">Null when it was no address.</param>
/// <param name="Thread">The conversation that the room is to go on with (XEP-0045 §7.9); empty for one without a name, null for none.</param>
internal sealed record MucInvitation(Jid? To, string? Reason, string? Thread);

/// <summary>A declined invitation.</summary>
/// <param name="To">The inviter; null when it was no address.</param>
internal sealed record MucDecline(Jid? To, string? Reason);

/// <summary>What somebody asks a room to pass on in <c>{http://jabber.org/protocol/muc#user}x</c>: invitations, or the answer to one.</summary>
internal sealed record MucInvitations(ImmutableArray<MucInvitation> Invitations, MucDecline? Decline)
{
    public static MucInvitations Read(ReadOnlySpan<byte> message)
    {
        var invitations = ImmutableArray.CreateBuilder<MucInvitation>();
        MucDecline? decline = null;
        var reader = new XmlElementReader(message);
        while (reader.Read())
        {
            if (reader.Node != XmlNode.Start || reader.Depth == 0)
            {
                continue;
            }

            if (reader.Depth == 1 && reader.Is("x"u8, MucNamespaces.User))
            {
                continue;
            }

            var isInvitation = reader.Depth == 2 && reader.Is("invite"u8, MucNamespaces.User);
            if (isInvitation)
            {
                invitations.Add(ReadOne(ref reader));
            }
            else if (reader.Depth == 2 && reader.Is("decline"u8, MucNamespaces.User))
            {
                var answer = ReadOne(ref reader);
                decline ??= new MucDecline(answer.To, answer.Reason);
            }
            else
            {
                reader.Skip();
            }
        }

        return new MucInvitations(invitations.DrainToImmutable(), decline);
    }

    private static MucInvitation ReadOne(ref XmlElementReader reader)
    {
        var to = reader.TryGetAttribute("to"u8, out var text) && Jid.TryParse(text, out var address) ? address : null;
        string? reason = null, thread = null;
        while (reader.Read() && !(reader.Node == XmlNode.End && reader.Depth == 2))
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (reader.Is("reason"u8, MucNamespaces.User))
            {
                reason ??= reader.ReadText();
                continue;
            }

            if (reader.Is("continue"u8, MucNamespaces.User))
            {
                thread ??= reader.TryGetAttribute("thread"u8, out var name) ? name : "";
            }

            reader.Skip();
        }

        return new MucInvitation(to, reason, thread);
    }
}
