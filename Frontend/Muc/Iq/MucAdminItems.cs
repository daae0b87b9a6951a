using System.Collections.Immutable;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Muc.Iq;

/// <summary>Reads muc#admin requests (XEP-0045 §15.3): each item has a role and a nickname, or an affiliation and a JID.</summary>
internal static class MucAdminItems
{
    public const string Namespace = "http://jabber.org/protocol/muc#admin";

    /// <summary>Of one request.</summary>
    internal const int ItemsMax = 500;

    /// <summary>It is told to everybody in the room.</summary>
    internal const int ReasonCharactersMax = 1024;

    /// <summary>Which list is asked for; what is wrong with the request is the result.</summary>
    public static StanzaError? ReadGet(ReadOnlySpan<byte> iq, out MucAffiliation? affiliation, out MucRole? role)
    {
        (affiliation, role) = (null, null);
        if (Read(iq, out var items) is { } malformed)
        {
            return malformed;
        }

        if (items is not [var item])
        {
            return StanzaError.BadRequest;
        }

        (affiliation, role) = (item.Affiliation, item.Role);
        return null;
    }

    /// <summary>What is to be changed; what is wrong with the request is the result.</summary>
    public static StanzaError? ReadSet(ReadOnlySpan<byte> iq, out ImmutableArray<MucAdminItem> items)
    {
        items = [];
        if (Read(iq, out var all) is { } malformed)
        {
            return malformed;
        }

        foreach (var item in all)
        {
            if (item.Role is not null ? item.Nickname is null : item.Jid is null)
            {
                return StanzaError.BadRequest;
            }

            if (item.Reason?.Length > ReasonCharactersMax)
            {
                return StanzaError.NotAcceptable with { Text = $"a reason has at most {ReasonCharactersMax} characters" };
            }
        }

        items = all;
        return all.IsEmpty ? StanzaError.BadRequest : null;
    }

    private static StanzaError? Read(ReadOnlySpan<byte> iq, out ImmutableArray<MucAdminItem> items)
    {
        items = [];
        var reader = new XmlElementReader(iq);
        reader.ReadToFirstChild();
        var read = ImmutableArray.CreateBuilder<MucAdminItem>();
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (!reader.Is("item"u8, "http://jabber.org/protocol/muc#admin"u8))
            {
                return StanzaError.BadRequest;
            }

            if (read.Count == ItemsMax)
            {
                return StanzaError.PolicyViolation with { Text = $"a request has at most {ItemsMax} items" };
            }

            if (ReadItem(ref reader, out var item) is { } malformed)
            {
                return malformed;
            }

            read.Add(item!);
        }

        items = read.ToImmutable();
        return null;
    }

    private static StanzaError? ReadItem(ref XmlElementReader reader, out MucAdminItem? item)
    {
        item = null;
        var hasRole = reader.TryGetAttribute("role"u8, out var roleWord);
        var hasAffiliation = reader.TryGetAttribute("affiliation"u8, out var affiliationWord);
        var role = hasRole ? MucWords.ParseRole(roleWord!) : null;
        var affiliation = hasAffiliation ? MucWords.ParseAffiliation(affiliationWord!) : null;

        // Both at once are a request that nobody can carry out (XEP-0045 §8.2); neither says nothing.
        if (hasRole == hasAffiliation || (role is null && affiliation is null))
        {
            return StanzaError.BadRequest;
        }

        Jid? jid = null;
        if (hasAffiliation && reader.TryGetAttribute("jid"u8, out var address) && !Jid.TryParse(address, out jid))
        {
            return StanzaError.JidMalformed;
        }

        string? nickname = null;
        if (hasRole && reader.TryGetAttribute("nick"u8, out var nick) && !JidEnforcement.TryPrepareResourcepart(nick, out nickname))
        {
            return StanzaError.BadRequest;
        }

        item = new MucAdminItem(nickname, jid?.ToBare(), affiliation, role, ReadReason(ref reader));
        return null;
    }

    private static string? ReadReason(ref XmlElementReader reader)
    {
        string? reason = null;
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (reader.NameIs("reason"u8))
            {
                reason = reader.ReadText();
            }
            else
            {
                reader.Skip();
            }
        }

        return string.IsNullOrEmpty(reason) ? null : reason;
    }
}
