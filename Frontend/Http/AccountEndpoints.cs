using System.Collections.Immutable;
using Krewe.Contracts.Accounts;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>A host's accounts: <c>/api/v1/hosts/{host}/accounts</c>.</summary>
internal static class AccountEndpoints
{
    private const string Accounts = "/api/v1/hosts/{host}/accounts";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Accounts, ListAsync).RequireHost(HostKeys.Accounts).WithTags("accounts")
            .WithSummary("Lists the accounts.").Produces<Page<AccountBody>>().WithPage().WithProblems();
        routes.MapGet(Accounts + "/{localpart}", GetAsync).RequireHost(HostKeys.Accounts).WithTags("accounts")
            .WithSummary("Reads an account.").Produces<AccountBody>().WithProblems();
        routes.MapPut(Accounts + "/{localpart}", PutAsync).RequireHost(HostKeys.Accounts).WithTags("accounts")
            .WithSummary("Makes an account or changes it: a password, or SCRAM keys, and whether it is enabled.")
            .Accepts<AccountChangeBody>("application/json").Produces(StatusCodes.Status201Created).Produces(StatusCodes.Status204NoContent).WithProblems();
        routes.MapDelete(Accounts + "/{localpart}", DeleteAsync).RequireHost(HostKeys.Accounts).WithTags("accounts")
            .WithSummary("Deletes an account and ends its streams.").Produces(StatusCodes.Status204NoContent).WithProblems();
    }

    private static async Task<IResult> ListAsync(HttpContext http, IGrainFactory grains)
    {
        var (after, limit, problem) = ApiRequest.Page(http);
        if (problem is not null)
        {
            return problem;
        }

        var domain = HostAccess.Of(http).Domain;
        var jids = await grains.HostDirectory().AccountsAsync(domain, after is null ? null : $"{after}@{domain}", limit);
        var accounts = await Task.WhenAll(jids.Select(Jid.Parse).Select(async jid => (Jid: jid, Credentials: await grains.Account(jid).GetAsync())));
        var items = accounts.Where(account => account.Credentials.Exists).Select(account => Describe(account.Jid, account.Credentials));
        return ApiResults.Json(
            new Page<AccountBody>([.. items], jids.Length == limit ? Jid.Parse(jids[^1]).Localpart : null), ApiJson.Default.PageAccountBody);
    }

    private static async Task<IResult> GetAsync(HttpContext http, IGrainFactory grains)
    {
        if (!ApiRequest.TryGetAccount(http, HostAccess.Of(http).Domain, out var jid))
        {
            return NoSuchAccount();
        }

        var credentials = await grains.Account(jid).GetAsync();
        return credentials.Exists ? ApiResults.Json(Describe(jid, credentials), ApiJson.Default.AccountBody) : NoSuchAccount();
    }

    private static async Task<IResult> PutAsync(HttpContext http, IGrainFactory grains, IHostSettingsSource hosts, PasswordHashing hashing)
    {
        var (body, problem) = await ApiRequest.ReadAsync(http, ApiJson.Default.AccountChangeBody);
        if (body is null)
        {
            return problem!;
        }

        var errors = AccountChanges.Check(body, out var scram);
        if (!ApiRequest.TryGetAccount(http, HostAccess.Of(http).Domain, out var jid))
        {
            errors.Add(new ProblemPlace("{localpart}", "is not a localpart (RFC 7622 §3.3)"));
        }

        if (errors.Count > 0)
        {
            return ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "The account is not valid.", errors);
        }

        var account = grains.Account(jid!);
        if (body.Password is not null)
        {
            scram = await hashing.HashAsync(HostAccess.Of(http).Domain, body.Password, http.RequestAborted);
            if (scram.IsEmpty)
            {
                return ApiResults.Problem(StatusCodes.Status422UnprocessableEntity, "The account is not valid.",
                    [new ProblemPlace("$.password", "holds characters that a password cannot have (RFC 4013)")]);
            }
        }

        var isMade = !scram.IsEmpty && await account.PutAsync(scram);
        if (scram.IsEmpty && await KnowsOthersAsync(hosts, jid!.Domainpart))
        {
            isMade = await account.KnowAsync();
        }

        if (body.Enabled is { } isEnabled && !await account.SetEnabledAsync(isEnabled))
        {
            return NoSuchAccount();
        }

        if (body.Enabled == false)
        {
            await grains.Sessions(jid!).EndAsync(null, StreamEnd.PolicyViolation, "The account was disabled.");
        }

        return Results.StatusCode(isMade ? StatusCodes.Status201Created : StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> DeleteAsync(HttpContext http, AccountRemoval removal) =>
        ApiRequest.TryGetAccount(http, HostAccess.Of(http).Domain, out var jid) && await removal.RemoveAsync(jid) ? Results.NoContent() : NoSuchAccount();

    /// <summary>Whether the host has users of whom it need not have heard: one can be disabled before ever having logged in.</summary>
    private static async ValueTask<bool> KnowsOthersAsync(IHostSettingsSource hosts, string domain) =>
        await hosts.GetAsync(domain) is { } host && host.Authentication.Any(static authentication => authentication is HostAuthentication.Http or HostAuthentication.Jwt);

    private static IResult NoSuchAccount() => ApiResults.NotFound("There is no such account.");

    private static AccountBody Describe(Jid jid, AccountCredentials credentials) =>
        new(jid.Localpart!, jid.Bare, credentials.IsEnabled, [.. credentials.Scram.Select(scram => ScramKeys.MechanismName(scram.Hash))]);
}
