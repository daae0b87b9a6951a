using System.CommandLine;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary><c>krewe cert</c>: the certificate that a host's clients are shown, changed while Krewe runs.</summary>
internal static class CertificateCommands
{
    public static Command Make(Tool tool)
    {
        var host = Paths.HostArgument();
        var chain = new Option<string>("--chain") { Description = "A PEM file: the host's certificate, and behind it those between it and its authority.", Required = true, HelpName = "file" };
        var key = new Option<string>("--key") { Description = "A PEM file: the private key.", Required = true, HelpName = "file" };
        return Tool.Noun(
            "cert", "A host's certificate.",
            tool.Verb("show", "Shows the certificate, never the key.", async run => run.ShowFields(await run.Api.GetAsync(Paths.OfHost(run[host], "certificate"), run.Cancellation)), host),
            tool.Verb(
                "put", "Gives a host a certificate. The next handshake uses it.",
                async run =>
                {
                    var body = new JsonObject { ["certificate"] = await run.ReadAsync(run.Get(chain)!), ["key"] = await run.ReadAsync(run.Get(key)!) };
                    await run.CallAsync(HttpMethod.Put, Paths.OfHost(run[host], "certificate"), body);
                    return run.Done("put");
                },
                host, chain, key),
            tool.Verb("delete", "Takes a host's certificate away: the provider's or a self-signed one is shown again.", run => run.DeleteAsync(Paths.OfHost(run[host], "certificate")), host));
    }
}
