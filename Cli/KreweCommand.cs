using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>The operator's tool: what <c>./krewe</c> takes, and what it says. Exit codes: 0 done, 1 failed, 2 not understood.</summary>
internal static class KreweCommand
{
    private const int Failed = 1;
    private const int Misused = 2;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors, Func<string, string?>? settings = null)
    {
        var json = new Option<bool>("--json") { Description = "Say it in JSON.", Recursive = true };
        var root = new RootCommand("Runs Krewe, by its HTTP API. KREWE_URL and KREWE_TOKEN say where and who.") { json };
        root.Subcommands.Add(Host());
        root.Subcommands.Add(Doctor());
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                errors.WriteLine(error.Message);
            }

            errors.WriteLine("krewe --help tells what there is");
            return Misused;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = errors });

        Command Host()
        {
            var name = new Argument<string>("host") { Description = "The host's domain." };
            var file = new Argument<string>("file") { Description = "A host document; - for standard input." };
            var list = new Command("list", "Lists the hosts.");
            list.SetAction((parse, _) => WithApiAsync(async api =>
            {
                var hosts = await api.ListAsync("/api/v1/hosts") ?? [];
                if (parse.GetValue(json))
                {
                    Show(hosts);
                    return 0;
                }

                foreach (var host in hosts)
                {
                    output.WriteLine($"{host!["host"]}\t{((bool)host["enabled"]! ? "enabled" : "disabled")}\t{host["tenant"]}\t{host["source"]}");
                }

                return 0;
            }));
            var get = new Command("get", "Shows a host's document.") { name };
            get.SetAction((parse, _) => WithApiAsync(async api => await Found(parse.GetValue(name)!, api.GetAsync(PathOf(parse.GetValue(name)!)))));
            var apply = new Command("apply", "Creates a host, or replaces its document.") { name, file };
            apply.SetAction((parse, cancellation) => WithApiAsync(async api =>
            {
                var source = parse.GetValue(file)!;
                var document = source == "-" ? await Console.In.ReadToEndAsync(cancellation) : await ReadAsync(source, cancellation);
                var status = await api.PutAsync(PathOf(parse.GetValue(name)!), document);
                output.WriteLine(status == 201 ? "created" : "replaced");
                return 0;
            }));
            return new Command("host", "The virtual hosts and their documents.") { list, get, apply };
        }

        Command Doctor()
        {
            var name = new Argument<string>("host") { Description = "The host's domain." };
            var command = new Command("doctor", "Looks a host over and says in words what is wrong with it.") { name };
            command.SetAction((parse, _) => WithApiAsync(async api =>
            {
                var host = parse.GetValue(name)!;
                if (await HostDoctor.ExamineAsync(api, host) is not { } findings)
                {
                    errors.WriteLine($"there is no host {host}");
                    return Failed;
                }

                if (parse.GetValue(json))
                {
                    Show(new JsonArray([.. findings.Select(finding => (JsonNode)new JsonObject { ["level"] = finding.Level.ToString().ToLowerInvariant(), ["message"] = finding.Message })]));
                }
                else
                {
                    foreach (var finding in findings)
                    {
                        output.WriteLine($"{finding.Level switch { Level.Good => "ok  ", Level.Note => "note", _ => "BAD " }}  {finding.Message}");
                    }
                }

                return findings.Any(finding => finding.Level == Level.Bad) ? Failed : 0;
            }));
            return command;
        }

        async Task<int> Found(string host, Task<JsonNode?> asked)
        {
            if (await asked is { } document)
            {
                Show(document);
                return 0;
            }

            errors.WriteLine($"there is no host {host}");
            return Failed;
        }

        void Show(JsonNode node) => output.WriteLine(node.ToJsonString(Indented));

        async Task<int> WithApiAsync(Func<ApiClient, Task<int>> run)
        {
            try
            {
                using var api = new ApiClient(settings ?? Environment.GetEnvironmentVariable);
                return await run(api);
            }
            catch (ApiException e)
            {
                errors.WriteLine(e.Message);
                return Failed;
            }
        }
    }

    private static string PathOf(string host) => $"/api/v1/hosts/{Uri.EscapeDataString(host)}";

    private static async Task<string> ReadAsync(string file, CancellationToken cancellation)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ApiException(e.Message);
        }
    }
}
