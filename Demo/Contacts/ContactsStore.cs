using System.Text.Json;

namespace Krewe.Demo.Contacts;

/// <summary>A contact in the form that Krewe reads (contract: "Hooks that Krewe calls", roster).</summary>
internal sealed record Contact(string? Name, string[] Groups, string Subscription = "both");

/// <param name="Users">localpart → contact JID → contact.</param>
/// <param name="Rooms">Room localpart → who may enter it; a room that is not listed is open to all.</param>
internal sealed record Tenant(
    SortedDictionary<string, SortedDictionary<string, Contact>> Users, SortedDictionary<string, string[]> Rooms);

/// <summary>The application's data: in memory, and in one JSON file that is replaced at each change.</summary>
internal sealed class ContactsStore
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly Lock _gate = new();
    private readonly string _file;
    private readonly SortedDictionary<string, Tenant> _tenants;

    public ContactsStore(string file)
    {
        _file = file;
        _tenants = File.Exists(file)
            ? JsonSerializer.Deserialize<SortedDictionary<string, Tenant>>(File.ReadAllText(file), Json) ?? FirstContacts()
            : FirstContacts();
    }

    public byte[] All()
    {
        lock (_gate)
        {
            return JsonSerializer.SerializeToUtf8Bytes(_tenants, Json);
        }
    }

    /// <summary>A user's roster document, null for a user that the application does not know.</summary>
    public byte[]? Roster(string host, string user)
    {
        lock (_gate)
        {
            return _tenants.GetValueOrDefault(host)?.Users.GetValueOrDefault(user) is { } roster ? JsonSerializer.SerializeToUtf8Bytes(roster, Json) : null;
        }
    }

    public bool SetRoster(string host, string user, SortedDictionary<string, Contact> roster) =>
        Change(host, tenant => tenant.Users.ContainsKey(user) && (tenant.Users[user] = roster) is not null);

    public bool SetRoom(string host, string room, string[] users) => Change(host, tenant => (tenant.Rooms[room] = users) is not null);

    /// <param name="userJid">Bare; the lists are of this host's own users.</param>
    public bool CanJoin(string host, string room, string userJid)
    {
        lock (_gate)
        {
            return _tenants.GetValueOrDefault(host) is { } tenant
                && (tenant.Rooms.GetValueOrDefault(room)?.Any(user => $"{user}@{host}" == userJid) ?? true);
        }
    }

    private bool Change(string host, Func<Tenant, bool> change)
    {
        lock (_gate)
        {
            if (_tenants.GetValueOrDefault(host) is not { } tenant || !change(tenant))
            {
                return false;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
            File.WriteAllText($"{_file}.new", JsonSerializer.Serialize(_tenants, Json));
            File.Move($"{_file}.new", _file, overwrite: true);
            return true;
        }
    }

    private static SortedDictionary<string, Tenant> FirstContacts() => new()
    {
        ["verona.localhost"] = new(
            new()
            {
                ["romeo"] = new() { ["juliet@verona.localhost"] = new("Juliet", ["Capulets"]), ["nurse@verona.localhost"] = new("Nurse", ["Capulets"]) },
                ["juliet"] = new() { ["romeo@verona.localhost"] = new("Romeo", ["Montagues"]), ["nurse@verona.localhost"] = new("Nurse", ["Household"]) },
                ["nurse"] = new() { ["juliet@verona.localhost"] = new("Juliet", ["Household"]), ["romeo@verona.localhost"] = new("Romeo", ["Montagues"]) },
            },
            new() { ["ball"] = ["juliet", "nurse"], ["garden"] = ["juliet", "nurse", "romeo"] }),
        ["elsinore.localhost"] = new(
            new()
            {
                ["hamlet"] = new() { ["ophelia@elsinore.localhost"] = new("Ophelia", ["Court"]) },
                ["ophelia"] = new() { ["hamlet@elsinore.localhost"] = new("Hamlet", ["Court"]) },
            },
            new() { ["battlements"] = ["hamlet"], ["court"] = ["hamlet", "ophelia"] }),
    };
}
