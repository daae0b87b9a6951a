using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Contents;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Http;
using Krewe.Frontend.Muc;

namespace Krewe.Frontend.Contents;

/// <summary>
/// Writes everything of a host as one JSON document, a page at a time, so that a large host takes no more memory than a small one. What is stored is read as it is on disk at that moment:
/// a host that is in use may change between two pages. Addresses, stanzas and times are spelled as in XMPP and in the API, so that whoever reads it needs nothing of this service.
/// </summary>
internal sealed class HostExport(IGrainFactory grains, PipeWriter output, bool hasSecrets)
{
    public const string Format = "krewe-host-export";

    /// <summary>Of the format: a reader refuses one that it does not know.</summary>
    public const int Version = 1;

    /// <summary>Whoever reads slowly makes the next page wait, not the memory grow.</summary>
    private const int FlushBytes = 32 * 1024;

    private readonly Utf8JsonWriter _json = new(output);

    public async Task WriteAsync(HostDocument document, HostSettings host, DateTimeOffset now, CancellationToken cancellationToken)
    {
        _json.WriteStartObject();
        _json.WriteString("format", Format);
        _json.WriteNumber("version", Version);
        _json.WriteString("host", document.Domain);
        _json.WriteString("exported_at", now);
        _json.WriteBoolean("secrets", hasSecrets);
        _json.WritePropertyName("document");
        (hasSecrets ? JsonNode.Parse(document.Json!)! : HostSecrets.Redact(document.Domain, document.Json!)).WriteTo(_json);

        var content = grains.HostContent(document.Domain);
        await WriteListAsync("accounts", content.AccountsAsync, account => account.Jid, WriteAccount, cancellationToken);
        await WriteListAsync("rosters", content.RostersAsync, roster => roster.Owner, WriteRoster, cancellationToken);
        await WriteListAsync("offline_messages", content.MailboxesAsync, mailbox => mailbox.Owner, WriteMailbox, cancellationToken);
        _json.WriteStartArray("rooms");
        foreach (var service in Http.RoomRequest.Services(host))
        {
            await WriteItemsAsync(grains.HostContent(service.Domain).RoomsAsync, room => room.Room, WriteRoom, cancellationToken);
        }

        _json.WriteEndArray();
        _json.WriteStartArray("user_delegations");
        foreach (var delegation in await grains.UserDelegations(document.Domain).ListAsync())
        {
            _json.WriteStartObject();
            _json.WriteString("localpart", delegation.User.Localpart);
            _json.WriteString("component", delegation.Component);
            _json.WriteString("namespace", delegation.Namespace);
            _json.WriteEndObject();
            await FlushAsync(cancellationToken);
        }

        _json.WriteEndArray();
        _json.WriteBoolean("complete", true);
        _json.WriteEndObject();
        _json.Flush();
        await output.FlushAsync(cancellationToken);
    }

    private async Task WriteListAsync<T>(
        string name, Func<string?, Task<ImmutableArray<T>>> page, Func<T, Jid> address, Action<T> write, CancellationToken cancellationToken)
    {
        _json.WriteStartArray(name);
        await WriteItemsAsync(page, address, write, cancellationToken);
        _json.WriteEndArray();
    }

    private async Task WriteItemsAsync<T>(Func<string?, Task<ImmutableArray<T>>> page, Func<T, Jid> address, Action<T> write, CancellationToken cancellationToken)
    {
        string? after = null;
        while (await page(after) is { IsEmpty: false } items)
        {
            foreach (var item in items)
            {
                write(item);
                await FlushAsync(cancellationToken);
            }

            after = address(items[^1]).Bare;
        }
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_json.BytesPending + output.UnflushedBytes >= FlushBytes)
        {
            _json.Flush();
            await output.FlushAsync(cancellationToken);
        }
    }

    private void WriteAccount(StoredAccount account)
    {
        _json.WriteStartObject();
        _json.WriteString("localpart", account.Jid.Localpart);
        _json.WriteBoolean("enabled", account.Credentials.IsEnabled);
        if (hasSecrets)
        {
            _json.WriteStartObject("scram");
            foreach (var keys in account.Credentials.Scram)
            {
                _json.WriteStartObject(ScramKeys.MechanismName(keys.Hash));
                _json.WriteBase64String("salt", keys.Salt.Span);
                _json.WriteNumber("iterations", keys.Iterations);
                _json.WriteBase64String("stored_key", keys.StoredKey.Span);
                _json.WriteBase64String("server_key", keys.ServerKey.Span);
                _json.WriteEndObject();
            }

            _json.WriteEndObject();
        }

        _json.WriteEndObject();
    }

    private void WriteRoster(StoredRoster roster)
    {
        _json.WriteStartObject();
        _json.WriteString("localpart", roster.Owner.Localpart);
        _json.WriteString("version", roster.Roster.Version);
        if (roster.FetchedAt is { } fetchedAt)
        {
            _json.WriteString("fetched_at", fetchedAt);
        }

        _json.WriteStartArray("items");
        foreach (var item in roster.Roster.Items)
        {
            WriteItem(item);
        }

        _json.WriteEndArray();
        _json.WriteStartArray("requests");
        foreach (var request in roster.Requests)
        {
            _json.WriteStartObject();
            WriteStanza(request);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteItem(RosterItem item)
    {
        _json.WriteStartObject();
        _json.WriteString("jid", item.Jid.Bare);
        if (item.Name is not null)
        {
            _json.WriteString("name", item.Name);
        }

        _json.WriteString("subscription", RosterWords.NameOf(item.Subscription));
        if (item.Ask)
        {
            _json.WriteString("ask", "subscribe");
        }

        if (item.Approved)
        {
            _json.WriteBoolean("approved", true);
        }

        _json.WriteStartArray("groups");
        foreach (var group in item.Groups)
        {
            _json.WriteStringValue(group);
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteMailbox(StoredMailbox mailbox)
    {
        _json.WriteStartObject();
        _json.WriteString("localpart", mailbox.Owner.Localpart);
        _json.WriteStartArray("messages");
        foreach (var message in mailbox.Messages)
        {
            _json.WriteStartObject();
            _json.WriteString("received_at", message.ReceivedAt);
            WriteStanza(message.Message);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    /// <summary>The stanza as it came, whose start tag may lack <c>from</c>, so that is told beside it.</summary>
    private void WriteStanza(StanzaFrame stanza)
    {
        _json.WriteString("from", stanza.From.ToString());
        if (stanza.To is { } to)
        {
            _json.WriteString("to", to.ToString());
        }

        _json.WriteString("xml", stanza.Xml.Span);
    }

    private void WriteRoom(StoredRoom room)
    {
        var shown = RoomDocuments.Show(room.Document);
        if (hasSecrets && room.Document.Config.Password is { } password)
        {
            shown[RoomDocuments.Secret] = password;
        }

        _json.WriteStartObject();
        _json.WriteString("room", room.Room.Bare);
        _json.WritePropertyName("document");
        shown.WriteTo(_json);
        _json.WriteStartObject("nicknames");
        foreach (var member in room.Document.Affiliations)
        {
            if (member is { Jid: { } jid, Nickname: { } nickname })
            {
                _json.WriteString(jid.Bare, nickname);
            }
        }

        _json.WriteEndObject();
        _json.WriteEndObject();
    }
}
