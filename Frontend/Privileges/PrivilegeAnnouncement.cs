using System.Text;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Privileges;

/// <summary>What an entity is told of its privileges (XEP-0356 §4.2, §5.2, §6.2, §7.2): all that one host has given it, in one message.</summary>
internal static class PrivilegeAnnouncement
{
    /// <summary>The message's payload; two that are equal say the same.</summary>
    public static string Payload(int generation, HostSettings host, EntityPrivileges privileges)
    {
        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<privilege"u8);
        xml.AttributeRaw("xmlns"u8, PrivilegeNamespaces.Of(generation));
        if (privileges.IsEmpty)
        {
            xml.Raw("/>"u8);
            return Encoding.UTF8.GetString(output.WrittenSpan);
        }

        xml.Raw(">"u8);
        WritePerms(ref xml, generation, host, privileges);
        xml.Raw("</privilege>"u8);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void WritePerms(ref XmppWriter xml, int generation, HostSettings host, EntityPrivileges privileges)
    {
        var isFirst = generation == 1;
        if (privileges.Roster != PrivilegeAccess.None)
        {
            xml.Raw("<perm access='roster'"u8);
            xml.Attribute("type"u8, WireName(privileges.Roster));
            if (!isFirst)
            {
                xml.Raw(PrivilegePolicy.GetsPushes(generation, host, privileges) ? " push='true'"u8 : " push='false'"u8);
            }

            xml.Raw("/>"u8);
        }

        if (privileges.MayMessage)
        {
            xml.Raw("<perm access='message' type='outgoing'/>"u8);
        }

        if (privileges.Presence != PresencePrivilege.None)
        {
            xml.Raw(privileges.Presence == PresencePrivilege.Roster ? "<perm access='presence' type='roster'/>"u8 : "<perm access='presence' type='managed_entity'/>"u8);
        }

        if (isFirst || privileges.Iq.IsEmpty)
        {
            return;
        }

        xml.Raw("<perm access='iq'>"u8);
        foreach (var (name, access) in privileges.Iq.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (access != PrivilegeAccess.None)
            {
                xml.Raw("<namespace"u8);
                xml.Attribute("ns"u8, name);
                xml.Attribute("type"u8, WireName(access));
                xml.Raw("/>"u8);
            }
        }

        xml.Raw("</perm>"u8);
    }

    private static string WireName(PrivilegeAccess access) => access switch
    {
        PrivilegeAccess.Get => "get",
        PrivilegeAccess.Set => "set",
        _ => "both",
    };
}
