using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary><c>krewe key</c>: what applications and tenants call the API with. A key is shown once, when it is made.</summary>
internal static class KeyCommands
{
    public static Command Make(Tool tool) => Tool.Noun("key", "The keys of a host, or, with --tenant, of a tenant for all of its hosts.", List(tool), Create(tool), Rotate(tool), Delete(tool));

    private static Argument<string> OwnerArgument() => new("owner") { Description = "The host whose keys they are; with --tenant, the tenant's name." };

    private static Option<bool> TenantOption() => new("--tenant") { Description = "The owner is a tenant, whose keys are for each of its hosts." };

    private static Argument<string> IdArgument() => new("id") { Description = "The key's id, as in the list." };

    private static Command List(Tool tool)
    {
        var (owner, tenant) = (OwnerArgument(), TenantOption());
        return tool.Verb("list", "Lists keys, without their secrets.", run => run.ListAsync(PathOf(run, owner, tenant), "id", "name", "scopes", "created_at", "expires_at", "last_used_at", "last_used_from", "replaced_by"), owner, tenant);
    }

    private static Command Create(Tool tool)
    {
        var (owner, tenant) = (OwnerArgument(), TenantOption());
        var name = new Option<string>("--name") { Description = "What it is for, in words.", Required = true, HelpName = "words" };
        var scopes = new Option<string[]>("--scope") { Description = "What it may do: settings, accounts, roster or muc. May be given several times.", Required = true, AllowMultipleArgumentsPerToken = true };
        scopes.AcceptOnlyFromAmong("settings", "accounts", "roster", "muc");
        var expires = new Option<DateTimeOffset?>("--expires")
        {
            Description = "When it ends: a time, such as 2030-01-31T00:00:00Z, or days from now, such as 90d.", HelpName = "when",
            CustomParser = result => When(result.Tokens[0].Value) is { } time ? time : Refuse(result),
        };
        return tool.Verb(
            "create", "Makes a key and prints it, this once.",
            async run =>
            {
                var body = new JsonObject { ["name"] = run.Get(name), ["scopes"] = new JsonArray([.. run.Get(scopes)!.Select(scope => (JsonNode)scope)]) };
                if (run.Get(expires) is { } time)
                {
                    body["expires_at"] = time.ToString("O", CultureInfo.InvariantCulture);
                }

                return Show(run, (await run.CallAsync(HttpMethod.Post, PathOf(run, owner, tenant), body)).Answer);
            },
            owner, name, scopes, expires, tenant);
    }

    private static Command Rotate(Tool tool)
    {
        var (owner, id, tenant) = (OwnerArgument(), IdArgument(), TenantOption());
        var keep = new Option<long?>("--keep") { Description = "For how many seconds the old key is good besides the new one: a day, unless it is said.", HelpName = "seconds" };
        return tool.Verb(
            "rotate", "Makes a key in the place of one that is good for a while yet, and prints the new one, this once.",
            async run =>
            {
                var body = run.Get(keep) is { } seconds ? new JsonObject { ["expires_in"] = seconds } : [];
                return Show(run, (await run.CallAsync(HttpMethod.Post, $"{PathOf(run, owner, tenant)}/{Uri.EscapeDataString(run[id])}/rotate", body)).Answer);
            },
            owner, id, keep, tenant);
    }

    private static Command Delete(Tool tool)
    {
        var (owner, id, tenant) = (OwnerArgument(), IdArgument(), TenantOption());
        return tool.Verb("delete", "Deletes a key: whoever has it is refused from now on.", run => run.DeleteAsync($"{PathOf(run, owner, tenant)}/{Uri.EscapeDataString(run[id])}"), owner, id, tenant);
    }

    /// <summary>For people the key alone, so that it can be put where it belongs without being seen.</summary>
    private static int Show(Invocation run, JsonNode? made)
    {
        if (made is null || run.IsJson)
        {
            return made is null ? throw new CommandException("the answer has no key") : run.Show(made);
        }

        run.Output.WriteLine((string?)made["key"]);
        run.Errors.WriteLine($"key {Plain.Of(made["id"])}; it is not shown again");
        return ExitCodes.Done;
    }

    private static string PathOf(Invocation run, Argument<string> owner, Option<bool> tenant) =>
        run.Get(tenant) ? $"/api/v1/tenants/{Uri.EscapeDataString(run[owner])}/keys" : Paths.OfHost(run[owner], "keys");

    private static DateTimeOffset? When(string text) =>
        text is [.. var days, 'd'] && int.TryParse(days, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and < 100_000 ? TimeProvider.System.GetUtcNow().AddDays(count)
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : null;

    private static DateTimeOffset? Refuse(System.CommandLine.Parsing.ArgumentResult result)
    {
        result.AddError($"'{result.Tokens[0].Value}' is no time, and no number of days such as 90d");
        return null;
    }
}
