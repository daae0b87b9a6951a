using System.Net;
using System.Net.Sockets;
using Krewe.Demo.Contacts;
using Krewe.Silo;
using Krewe.Silo.Configuration;

namespace Krewe.Demo;

/// <summary>Krewe and, in the same process, the demo tenants' application; nothing passes between the two but HTTP.</summary>
internal static class DemoHost
{
    private const string EgressKey = "Krewe:Egress:Allow";

    // Not the contract's address only where tests or a second demo on this machine say so.
    private const string ListenKey = "Demo:Listen";
    private static readonly IPEndPoint ContactsEndpoint = new(IPAddress.Loopback, 5290);

    public static async Task<int> RunAsync(string[] args)
    {
        ContactsApp? contacts = null;
        try
        {
            return await KreweHost.RunAsync(args, WhenListeningAsync, configuration => contacts = StartContacts(configuration));
        }
        catch (Exception error) when (error is IOException or SocketException && contacts is null)
        {
            await Console.Error.WriteLineAsync($"krewe cannot start: the demo's contacts application does not listen: {error.Message}");
            return 1;
        }
        finally
        {
            if (contacts is not null)
            {
                await contacts.DisposeAsync();
            }
        }

        async Task WhenListeningAsync(KreweHostStart start, CancellationToken cancellationToken)
        {
            var folder = Path.Combine(start.Options.Data, "demo");
            using var provider = new HttpClient { BaseAddress = start.HttpBase, DefaultRequestHeaders = { Authorization = new("Bearer", start.Options.AdminToken) } };
            var keys = await new DemoTenants(provider, contacts!.Url, folder).EnsureAsync(cancellationToken);
            contacts.Connect(start.HttpBase, keys);
            foreach (var (host, users, room) in DemoTenants.All)
            {
                Console.WriteLine($"demo accounts: {string.Join(", ", users.Select(user => $"{user}@{host}"))} (password {DemoTenants.Password}), room: {room}@{DemoTenants.Service(host)}");
            }

            Console.WriteLine($"demo contacts: {contacts.Url}");
        }
    }

    // Before Krewe listens: clients that come back at once find their rosters, and a port that is taken stops the start.
    private static ContactsApp StartContacts(IConfigurationManager configuration)
    {
        var endpoint = configuration[ListenKey] is { Length: > 0 } listen ? IPEndPoint.Parse(listen) : ContactsEndpoint;
        var contacts = ContactsApp.Start(endpoint, Path.Combine(KreweConfiguration.DataFolder(configuration), "demo", "contacts.json"));
        // Egress to it alone: its address and its port.
        configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>(EgressKey, $"{configuration[EgressKey]};{contacts.Url.Authority}")]);
        return contacts;
    }
}
