using System.Collections.Immutable;
using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation.ClientMode;

/// <summary>
/// The ad-hoc command (XEP-0050) by which users of a host see what they have delegated, take it back, or have it kept beyond the session (XEP-0355 §6, §8). That nothing is kept without it
/// is how a client that cannot show it never leaves a delegation behind.
/// </summary>
/// <remarks>What is submitted says which grant each choice is about, and is the user's own word: so no state is held between the two steps.</remarks>
internal sealed class ConfigureCommand(ClientGrants granted) : IIqHandler
{
    public const string CommandsNamespace = "http://jabber.org/protocol/commands";
    public const string Node = "urn:xmpp:delegation:2#configure";
    public const string Title = "Delegations";

    private const string Keep = "keep";
    private const string OfSession = "session";
    private const string Revoke = "revoke";
    private const int SessionBytes = 12;

    private static readonly DataFormOption[] Choices =
    [
        new(OfSession, "Until I disconnect"), new(Keep, "Keep it until I take it back"), new(Revoke, "Take it back now"),
    ];

    public string Namespace => CommandsNamespace;

    public string Name => "command";

    public IqTarget Targets => IqTarget.Host;

    public string Feature => Namespace;

    public bool IsInSequence => true;

    /// <summary>Whether the command is there for somebody: for the host's own users.</summary>
    public static bool IsFor(IqRequest request) => request.Sender is C2SStream && request.Sender.Domain == request.To?.Bare;

    public async ValueTask HandleAsync(IqRequest request)
    {
        if (!IsFor(request))
        {
            request.Refuse(StanzaError.Forbidden);
            return;
        }

        if (request.Type != StanzaType.Set || !TryRead(request.Xml, out var asked))
        {
            request.Refuse(StanzaError.BadRequest);
            return;
        }

        if (asked.Node != Node)
        {
            request.Refuse(StanzaError.ItemNotFound);
            return;
        }

        request.Reply(asked switch
        {
            { Action: "cancel", SessionId: { } session } => Status(session, "canceled", null),
            { Action: "execute", SessionId: null } => List(request.Stream),
            { Action: "execute" or "next" or "complete", SessionId: { } session, Form: { Type: DataFormType.Submit } form } => await ApplyAsync(request.Stream, session, form),
            _ => IqReply.Refused(StanzaError.BadRequest),
        });
    }

    private sealed record Asked(string Node, string Action, string? SessionId, DataForm? Form);

    private static bool TryRead(ReadOnlySpan<byte> iq, out Asked asked)
    {
        var reader = new XmlElementReader(iq);
        asked = new Asked("", "execute", null, null);
        if (!reader.ReadToFirstChild() || !reader.TryGetAttribute("node"u8, out var node))
        {
            return false;
        }

        var hasAction = reader.TryGetAttribute("action"u8, out var action);
        reader.TryGetAttribute("sessionid"u8, out var session);
        DataForm? form = null;
        while (reader.Read() && reader.Depth > 1)
        {
            if (reader.Node != XmlNode.Start)
            {
                continue;
            }

            if (!reader.Is("x"u8, "jabber:x:data"u8))
            {
                reader.Skip();
            }
            else if (!DataForm.TryRead(ref reader, out form))
            {
                return false;
            }
        }

        asked = new Asked(node, hasAction ? action! : "execute", session, form);
        return true;
    }

    private IqReply List(C2SStream stream)
    {
        var session = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SessionBytes));
        var grants = granted.Of(stream.Self!.ToBare());
        return grants.IsEmpty ? Status(session, "completed", "Nothing is delegated.") : IqReply.Result((ref XmppWriter xml) =>
        {
            WriteStart(ref xml, session, "executing");
            xml.Raw("<actions execute='complete'><complete/></actions>"u8);
            DataFormWriter.WriteStart(ref xml, DataFormType.Form, Node, Title, "What others answer for you in place of the server.");
            foreach (var grant in grants)
            {
                DataFormWriter.WriteField(
                    ref xml, DataFormFieldType.ListSingle, NameOf(grant), $"{grant.Component}: {DelegationMessages.NameOf(grant.Namespace)}", [grant.Session is null ? Keep : OfSession], Choices);
            }

            DataFormWriter.WriteEnd(ref xml);
            xml.Raw("</command>"u8);
        });
    }

    private async Task<IqReply> ApplyAsync(C2SStream stream, string session, DataForm form)
    {
        ImmutableArray<ClientGrant> now = [];
        var isDone = await granted.ChangeAsync(stream.Self!.ToBare(), grants => now = [.. grants.Select(grant => Chosen(grant, form, stream)).OfType<ClientGrant>()]);
        return isDone
            ? Status(session, "completed", now.IsEmpty ? "Nothing is delegated any more." : $"{now.Length} delegated, {now.Count(static grant => grant.Session is null)} of them kept.")
            : IqReply.Refused(StanzaError.ResourceConstraint);
    }

    /// <summary>As it was, where nothing was said of it. Null: taken back.</summary>
    private static ClientGrant? Chosen(ClientGrant grant, DataForm form, C2SStream stream) => form.Find(NameOf(grant))?.Values switch
    {
        [Revoke] => null,
        [Keep] when !stream.IsAnonymous => grant with { Session = null },
        [OfSession] => grant with { Session = grant.Session ?? stream.Session },
        _ => grant,
    };

    /// <summary>Neither a domain nor a namespace holds a space.</summary>
    private static string NameOf(ClientGrant grant) => $"{grant.Component} {grant.Namespace}";

    private static IqReply Status(string session, string status, string? note) => IqReply.Result((ref XmppWriter xml) =>
    {
        WriteStart(ref xml, session, status);
        if (note is not null)
        {
            xml.Raw("<note type='info'>"u8);
            xml.Text(note);
            xml.Raw("</note>"u8);
        }

        xml.Raw("</command>"u8);
    });

    private static void WriteStart(ref XmppWriter xml, string session, string status)
    {
        xml.Raw("<command xmlns='http://jabber.org/protocol/commands'"u8);
        xml.Attribute("node"u8, Node);
        xml.Attribute("sessionid"u8, session);
        xml.Attribute("status"u8, status);
        xml.Raw(">"u8);
    }
}
