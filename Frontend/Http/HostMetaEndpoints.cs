using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Xml;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Frontend.Http;

/// <summary>
/// <c>/.well-known/host-meta</c> and <c>host-meta.json</c> (RFC 6415): where a host's clients connect by WebSocket (XEP-0156). Which host is what the request's Host header says.
/// </summary>
internal sealed class HostMetaEndpoints(KreweOptions options, IHostSettingsSource hosts, IServer server)
{
    private const string WebSocketRelation = "urn:xmpp:alt-connections:websocket";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/.well-known/host-meta", (HttpContext http, HostMetaEndpoints self) => self.AnswerAsync(http, "application/xrd+xml; charset=utf-8", WriteXrd)).WithTags("streams")
            .WithSummary("Where the host's clients connect (XEP-0156), as XRD.").Produces<string>(StatusCodes.Status200OK, "application/xrd+xml").WithProblems(404).WithoutToken();
        routes.MapGet("/.well-known/host-meta.json", (HttpContext http, HostMetaEndpoints self) => self.AnswerAsync(http, "application/json", WriteJrd)).WithTags("streams")
            .WithSummary("Where the host's clients connect (XEP-0156), as JRD.").Produces<string>(StatusCodes.Status200OK, "application/json").WithProblems(404).WithoutToken();
    }

    private async Task<IResult> AnswerAsync(HttpContext http, string contentType, Action<IBufferWriter<byte>, string> write)
    {
        // Web clients of any origin look here first; these two documents are for everybody.
        http.Response.Headers.AccessControlAllowOrigin = "*";
        var peer = HttpPeer.Of(http, options.TrustedProxies);
        if (!JidEnforcement.TryPrepareDomainpart(peer.Host.Host, out var domain) || await hosts.GetAsync(domain) is not { Enabled: true })
        {
            return ApiResults.NotFound("There is no such host.");
        }

        var document = new ArrayBufferWriter<byte>();
        write(document, WebSocketUrl(peer, domain));
        return Results.Bytes(document.WrittenMemory, contentType);
    }

    /// <summary>As it is configured; else as the caller came here, when that was by TLS; else by the TLS listener, or the one without it where there is no other.</summary>
    private string WebSocketUrl(in HttpPeer peer, string domain)
    {
        var ascii = new HostString(domain).ToUriComponent();
        if (options.ExternalUrl is { } external)
        {
            var scheme = external.StartsWith(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase) ? "wss" : "ws";
            var rest = external[external.IndexOf(Uri.SchemeDelimiter, StringComparison.Ordinal)..].TrimEnd('/');
            return $"{scheme}{rest.Replace("%host", ascii, StringComparison.Ordinal)}{WebSocketEndpoint.Path}";
        }

        if (peer.IsHttps || TlsPort() is not { } port)
        {
            return $"{(peer.IsHttps ? "wss" : "ws")}://{ascii}{Port(peer.Host.Port)}{WebSocketEndpoint.Path}";
        }

        return $"wss://{ascii}{Port(port)}{WebSocketEndpoint.Path}";
    }

    private int? TlsPort() => server.Features.Get<IServerAddressesFeature>()?.Addresses
        .Select(address => new Uri(address)).FirstOrDefault(address => address.Scheme == Uri.UriSchemeHttps)?.Port;

    private static string Port(int? port) => port is null ? "" : string.Create(CultureInfo.InvariantCulture, $":{port}");

    private static void WriteXrd(IBufferWriter<byte> output, string url)
    {
        var xml = new XmppWriter(output);
        xml.Raw("<?xml version='1.0' encoding='utf-8'?>\n<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n  <Link"u8);
        xml.Attribute("rel"u8, WebSocketRelation);
        xml.Attribute("href"u8, url);
        xml.Raw("/>\n</XRD>\n"u8);
    }

    private static void WriteJrd(IBufferWriter<byte> output, string url)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteStartArray("links");
        json.WriteStartObject();
        json.WriteString("rel", WebSocketRelation);
        json.WriteString("href", url);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
