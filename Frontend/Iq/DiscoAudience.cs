using Krewe.Contracts.Addressing;
using Krewe.Contracts.Rosters;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;

namespace Krewe.Frontend.Iq;

/// <summary>
/// XEP-0030 §8: of an account only its contacts learn anything, and nobody else even that it exists. Answers go by the rosters that are known here: no
/// question of a stranger's makes anybody ask the tenant's application.
/// </summary>
internal sealed class DiscoAudience(IGrainFactory grains)
{
    /// <summary>The same aside for a client, whose read loop waits for nobody's roster. Others, who wait with none of their stanzas, are told when it is done.</summary>
    public ValueTask BeginAsync(IqRequest request, Action answer)
    {
        var answered = AnswerAsync(request, answer);
        return request.Sender is C2SStream ? default : new(answered);
    }

    /// <summary>Answers a request about another's account, or refuses it as one about an account that is not there.</summary>
    /// <param name="answer">For those who see the account's presence.</param>
    public async Task AnswerAsync(IqRequest request, Action answer)
    {
        try
        {
            if (await MaySeeAsync(request.Sender, request.To!))
            {
                answer();
                return;
            }
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            // A stranger is told the same.
            request.Sender.LogFailure(e);
        }

        request.Refuse(StanzaError.ServiceUnavailable);
    }

    private async Task<bool> MaySeeAsync(IStanzaSender asker, Jid account)
    {
        // A user's own roster is at hand, and who is not in it is asked for nothing: made-up addresses wake no grain.
        if (asker is C2SStream && !(await SubscriptionAsync(asker.Address, account)).HasTo())
        {
            return false;
        }

        return (await SubscriptionAsync(account, asker.Address)).HasFrom();
    }

    private async Task<SubscriptionState> SubscriptionAsync(Jid owner, Jid contact) =>
        (await grains.Roster(owner).StatusAsync()).Roster?.SubscriptionOf(contact.Bare) ?? SubscriptionState.None;
}
