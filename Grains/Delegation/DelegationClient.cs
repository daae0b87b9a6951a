using System.Buffers;
using System.Net.Http;
using System.Text.Encodings.Web;
using System.Text.Json;
using Krewe.Contracts.Delegation;
using Krewe.Contracts.Hosts;
using Krewe.Grains.Outbound;

namespace Krewe.Grains.Delegation;

/// <summary>The call to a tenant's service that answers a namespace: <c>POST</c> of the request as JSON.</summary>
internal sealed class DelegationClient(OutboundHttp http)
{
    public const int BodyBytesMax = 64 * 1024;

    private const string Hook = "delegation";

    public async ValueTask<DelegatedAnswer> AskAsync(HostSettings host, DelegationGrant grant, DelegatedIq iq)
    {
        if (await CallAsync(host, grant, iq) is not { } response)
        {
            return new(DelegatedOutcome.Failed);
        }

        var answer = response.Outcome switch
        {
            HookOutcome.Ok => DelegationAnswer.Read(response.Body),
            HookOutcome.Timeout => new(DelegatedOutcome.TimedOut),
            HookOutcome.TooLarge => new(DelegatedOutcome.Malformed),
            _ => new(DelegatedOutcome.Failed),
        };
        if (answer.Outcome == DelegatedOutcome.Malformed)
        {
            HookInstruments.DelegationAnswerMalformed(host.Domain);
        }

        return answer;
    }

    /// <returns>Null when the grant has no URL.</returns>
    public async ValueTask<HookResponse?> CallAsync(HostSettings host, DelegationGrant grant, DelegatedIq iq)
    {
        if (Url(grant) is not { } url)
        {
            return null;
        }

        var endpoint = new HookEndpoint(host.Domain, Hook, grant.Timeout, BodyBytesMax, host.Limits.HookConcurrency, host.Limits.HookCallsPerSecond) { Part = PartOf(grant) };
        return await http.CallAsync(endpoint, new(url) { Method = HttpMethod.Post, Body = Body(host.Domain, iq), Secrets = host.HookSecrets });
    }

    public static Uri? Url(DelegationGrant grant) => Uri.TryCreate(grant.Url, UriKind.Absolute, out var url) ? url : null;

    /// <summary>Tells a host's grants apart. Names have no spaces, nor have namespaces.</summary>
    public static string PartOf(DelegationGrant grant) => string.Join(' ', [grant.Namespace, .. grant.Filtering]);

    /// <summary>The request in the order of the contract.</summary>
    public static ReadOnlyMemory<byte> Body(string host, DelegatedIq iq)
    {
        var output = new ArrayBufferWriter<byte>(iq.Xml.Length + 512);
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("host"u8, host);
        json.WriteString("from"u8, iq.From);
        if (iq.To is { } to)
        {
            json.WriteString("to"u8, to);
        }

        json.WriteString("id"u8, iq.Id);
        json.WriteString("type"u8, iq.Type);
        json.WriteString("namespace"u8, iq.PayloadNamespace);
        json.WriteString("xml"u8, iq.Xml.Span);
        json.WriteEndObject();
        json.Flush();
        return output.WrittenMemory;
    }
}
