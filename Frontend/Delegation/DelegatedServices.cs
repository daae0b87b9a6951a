using Krewe.Contracts.Addressing;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation;

/// <summary>
/// Requests for tenants' web services (contract: "Namespace"): handed to the grain that calls them, and answered by what comes of that. They wait in the same table, under the
/// same limits, as those for components.
/// </summary>
internal sealed class DelegatedServices(IGrainFactory grains, PendingIqs pending)
{
    /// <param name="iq">In the table already.</param>
    /// <param name="stamped">The request, in no declared namespace.</param>
    public void Ask(PendingIq iq, DelegationGrant grant, string payloadNamespace, byte[] stamped)
    {
        byte[] xml = [.. DelegationWriter.ClientIq, .. DelegationWriter.BehindName(stamped)];
        var asked = new DelegatedIq(
            grant.Namespace, grant.Url!, iq.Requester.Address.ToString(), iq.To?.ToString(), iq.Id, iq.Type == StanzaType.Get ? "get" : "set", payloadNamespace, xml);

        // Off the read loop: to begin a call is not done in a moment.
        _ = Task.Run(() => AskAsync(iq, asked));
    }

    private async Task AskAsync(PendingIq iq, DelegatedIq asked)
    {
        DelegatedAnswer answer;
        try
        {
            answer = await grains.Delegation(iq.Host).AskAsync(asked);
        }
        catch (Exception e)
        {
            if (e is not (TimeoutException or Orleans.Runtime.OrleansException))
            {
                iq.Requester.LogFailure(e);
            }

            answer = new DelegatedAnswer(DelegatedOutcome.Failed);
        }

        if (pending.TryTake(iq))
        {
            Answer(iq, answer);
        }
    }

    private static void Answer(PendingIq iq, DelegatedAnswer answer)
    {
        var isError = answer.Outcome == DelegatedOutcome.Error;
        if (answer.Outcome is not (DelegatedOutcome.Result or DelegatedOutcome.Error) || (isError && answer.Xml.IsEmpty))
        {
            Count(iq.Counts, answer.Outcome);
            iq.Refuse(StanzaError.ServiceUnavailable);
            return;
        }

        if (!answer.Xml.IsEmpty && !DelegatedPayload.IsProper(answer.Xml.Span, isError))
        {
            iq.Counts.NoteMalformed();
            iq.Refuse(StanzaError.ServiceUnavailable);
            return;
        }

        var output = ReplyBuffer.Rent();
        var xml = new XmppWriter(output);
        xml.Raw("<iq"u8);
        xml.AttributeRaw("to"u8, iq.Requester.FromFull);
        if (iq.To is not null)
        {
            xml.Attribute("from"u8, iq.To.ToString());
        }

        xml.Raw(isError ? " type='error'"u8 : " type='result'"u8);
        xml.Attribute("id"u8, iq.Id);
        xml.Raw(">"u8);
        xml.Raw(answer.Xml.Span);
        xml.Raw("</iq>"u8);
        iq.Answer(output.WrittenSpan);
    }

    private static void Count(DelegationCounts counts, DelegatedOutcome outcome)
    {
        switch (outcome)
        {
            case DelegatedOutcome.TimedOut:
                counts.NoteTimedOut();
                break;
            case DelegatedOutcome.Malformed:
                counts.NoteMalformed();
                break;
            default:
                counts.NoteRefused();
                break;
        }
    }
}
