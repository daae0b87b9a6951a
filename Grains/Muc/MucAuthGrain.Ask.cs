using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Muc;

/// <summary>The question to the tenant's service, and what of its answer is remembered.</summary>
internal sealed partial class MucAuthGrain
{
    /// <summary>The service's word; null when there is none.</summary>
    private async Task<MucDecision?> AskAsync(string nickname)
    {
        try
        {
            for (var asks = 0; asks < AsksMax; asks++)
            {
                if (await SettingsAsync() is not { Auth: { } auth } service)
                {
                    return null;
                }

                // A revocation looks for those who may hold a decision: this one can be found before there is anything to find.
                var held = time.GetUtcNow() + auth.Timeout + (auth.AllowFor > auth.DenyFor ? auth.AllowFor : auth.DenyFor) + KeptFor(auth);
                await HoldAsync(held);
                var forgotten = _forgotten;
                var answer = MucAuthAnswer.Read(await client.AskAsync(service.Host, auth, _room, _user, nickname));
                Report(answer, service.Host.Domain);
                if (answer.Kind == MucAnswerKind.Failed)
                {
                    return null;
                }

                var now = time.GetUtcNow();
                var decision = Decision(answer, now, auth);
                if (decision.Until + KeptFor(auth) > held)
                {
                    await HoldAsync(decision.Until + KeptFor(auth));
                }

                // Whoever revoked it meanwhile was told that it would not count.
                if (forgotten == _forgotten)
                {
                    _memo = answer.Kind == MucAnswerKind.Malformed
                        ? _memo
                        : new(nickname, decision, MucAuthClient.SourceOf(auth), decision.Until + KeptFor(auth));
                    return decision;
                }
            }

            return null;
        }
        finally
        {
            Stay();
        }
    }

    private static TimeSpan KeptFor(MucHttpAuthSettings auth) => auth.OnError == MucAuthOnError.Stale ? StaleFor : TimeSpan.Zero;

    private static MucDecision Decision(MucAuthAnswer answer, DateTimeOffset now, MucHttpAuthSettings auth) => answer.Kind switch
    {
        MucAnswerKind.Admitted => new(
            MucVerdict.Admitted, now + (answer.ExpiresIn ?? auth.AllowFor), Affiliation: answer.Affiliation, Role: answer.Role, IsAnyNickname: answer.IsAnyNickname),
        MucAnswerKind.Refused => new(
            MucVerdict.Refused, now + (answer.ExpiresIn ?? auth.DenyFor), IsExplicit: true, answer.Affiliation, answer.Role, answer.Reason, answer.Condition, answer.IsAnyNickname),
        _ => new(MucVerdict.Refused, now, Reason: answer.Reason, Condition: answer.Condition),
    };

    private Task HoldAsync(DateTimeOffset until) => GrainFactory.MucDecisions(_room.Domainpart).HoldAsync(_room.Bare, _user.Bare, until);

    private void Report(MucAuthAnswer answer, string host)
    {
        var isClear = answer.Kind != MucAnswerKind.Malformed;
        if (!isClear)
        {
            HookInstruments.MucAnswerMalformed(host);
        }

        if (answer.IgnoredCount > 0)
        {
            HookInstruments.MucValuesIgnored(answer.IgnoredCount, host);
        }

        if (!isClear || answer.IgnoredCount > 0)
        {
            LogUnusable(host, answer.IgnoredCount, isClear);
        }

        if (answer.Error is { } error)
        {
            LogError(host, error);
        }
    }
}
