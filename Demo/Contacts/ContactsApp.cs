using System.Net;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Krewe.Demo.Contacts;

/// <summary>
/// What an integrator writes: an application that has contacts of its own and lets Krewe ask for them. The roster hook, the room hook, a page to edit
/// both, and a call of Krewe after each change; it knows nothing else of Krewe.
/// </summary>
internal sealed class ContactsApp : IAsyncDisposable
{
    private const int ContactsMax = 1000;
    private static readonly string[] Subscriptions = ["both", "to", "from", "none"];

    private readonly WebApplication _app;
    private readonly ContactsStore _store;
    private volatile KreweCalls? _krewe;

    private ContactsApp(WebApplication app, ContactsStore store)
    {
        _app = app;
        _store = store;
        app.UseHostFiltering();

        // The hooks that Krewe calls.
        app.MapGet("/{host}/contacts/{user}", Roster);
        app.MapGet("/{host}/can-join", CanJoin);

        // The page and what it calls.
        app.MapGet("/", () => Results.Stream(typeof(ContactsApp).Assembly.GetManifestResourceStream("page.html")!, "text/html; charset=utf-8"));
        app.MapGet("/tenants", () => Results.Bytes(store.All(), "application/json"));
        app.MapPut("/{host}/contacts/{user}", SetRosterAsync);
        app.MapPut("/{host}/rooms/{room}", SetRoomAsync);
    }

    public Uri Url => new(_app.Urls.Single());

    public static ContactsApp Start(IPEndPoint endpoint, string file)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(endpoint));
        // A page elsewhere whose name was made to point here (DNS rebinding) does not get to edit contacts.
        builder.Services.AddHostFiltering(options => options.AllowedHosts = ["127.0.0.1", "localhost"]);
        var contacts = new ContactsApp(builder.Build(), new ContactsStore(file));
        contacts._app.Start();
        return contacts;
    }

    /// <summary>From now on, each change is told to Krewe.</summary>
    public void Connect(Uri krewe, IReadOnlyDictionary<string, string> keys) => _krewe = new KreweCalls(krewe, keys);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _krewe?.Dispose();
    }

    // Results.Bytes answers 304 when Krewe has this very document already.
    private IResult Roster(string host, string user) =>
        _store.Roster(host, user) is { } roster
            ? Results.Bytes(roster, "application/json", entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(roster))[..16]}\""))
            : Results.NotFound();

    private IResult CanJoin(string host, string userJID, string mucJID) =>
        _store.CanJoin(host, mucJID.Split('@')[0], userJID)
            ? Results.Json(new { allowed = true })
            : Results.Json(new { allowed = false, condition = "registration-required", reason = "You are not on the list for this room." });

    private async Task<IResult> SetRosterAsync(string host, string user, SortedDictionary<string, Contact> roster)
    {
        if (roster.Count > ContactsMax || roster.Any(entry => !entry.Key.Contains('.') || entry.Value is not { Groups: not null } contact || !Subscriptions.Contains(contact.Subscription)))
        {
            return Results.BadRequest(new { message = "Each contact needs an address, groups and a subscription." });
        }

        return _store.SetRoster(host, user, roster) ? await SavedAsync(krewe => krewe.RefreshAsync(host, user)) : Results.NotFound();
    }

    private async Task<IResult> SetRoomAsync(string host, string room, string[] users) =>
        _store.SetRoom(host, room, users) ? await SavedAsync(krewe => krewe.RevokeAsync(host, room)) : Results.NotFound();

    private async Task<IResult> SavedAsync(Func<KreweCalls, Task<string>> tell) =>
        Results.Ok(new { message = _krewe is { } krewe ? await tell(krewe) : "Krewe has not started yet; it will see the change when it asks" });
}
