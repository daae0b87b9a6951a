using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;

namespace Krewe.Cli;

/// <summary><c>krewe check</c>: host documents, judged without a server by the very rules that it has.</summary>
internal static class CheckCommand
{
    private const string Extension = ".json";

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static Command Make(Tool tool)
    {
        var path = new Argument<string>("file") { Description = "A host document, named <domain>.json, or a folder of them." };
        var host = new Option<string?>("--host") { Description = "The host that the document is for, when its file is not named after it.", HelpName = "domain" };
        var provider = new Option<bool>("--provider") { Description = "For the provider: what only he may set is not pointed out." };
        return tool.Verb(
            "check", "Checks host documents without a server, and names every bad place.",
            async run =>
            {
                var checkedFiles = await CheckAsync(run, run[path], run.Get(host), run.Get(provider));
                Tell(run, checkedFiles);
                return checkedFiles.All(file => file.Problems.IsEmpty) ? ExitCodes.Done : ExitCodes.Failed;
            },
            path, host, provider);
    }

    private static async Task<IReadOnlyList<CheckedFile>> CheckAsync(Invocation run, string path, string? host, bool isProvider)
    {
        try
        {
            if (!Directory.Exists(path))
            {
                return [await CheckFileAsync(path, host ?? Path.GetFileNameWithoutExtension(path), isProvider, run.Cancellation)];
            }

            if (host is not null)
            {
                throw new CommandException("--host is for one file", ExitCodes.Misused);
            }

            var found = new List<CheckedFile>();
            foreach (var file in Directory.EnumerateFiles(path, $"*{Extension}").Order(StringComparer.Ordinal))
            {
                found.Add(await CheckFileAsync(file, Path.GetFileNameWithoutExtension(file), isProvider, run.Cancellation));
            }

            return found.Count > 0 ? DomainClashes.Find(found) : throw new CommandException($"{path} has no {Extension} file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(e.Message);
        }
    }

    private static async Task<CheckedFile> CheckFileAsync(string path, string name, bool isProvider, CancellationToken cancellation)
    {
        if (!JidEnforcement.TryPrepareDomainpart(name, out var domain))
        {
            return new(path, name, null, [new(HostDocumentReader.Root, $"is for {Plain.Of(name)}, which is no domainpart (RFC 7622 §3.2)")]);
        }

        if (new FileInfo(path).Length > HostDocumentReader.DocumentBytesMax)
        {
            return new(path, domain, null, [new(HostDocumentReader.Root, $"is longer than {HostDocumentReader.DocumentBytesMax} bytes")]);
        }

        string json;
        try
        {
            json = Strict.GetString(await File.ReadAllBytesAsync(path, cancellation)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            return new(path, domain, null, [new(HostDocumentReader.Root, "is not UTF-8")]);
        }

        var merged = HostDocumentMerge.Merge(domain, 0, json, stored: null, isProvider);

        // A document that was read from the server says of its secrets only that they are there, and has what the provider set: both are good where it is applied again, and
        // only a server knows.
        return new(path, domain, merged.Settings, [.. merged.Problems.Where(problem => problem.Message != HostSecrets.NothingToKeep)])
        {
            Kept = [.. merged.Problems.Where(problem => problem.Message == HostSecrets.NothingToKeep).Select(problem => problem.Path)],
            OfProvider = [.. merged.Touched.Select(problem => problem.Path)],
        };
    }

    private static void Tell(Invocation run, IReadOnlyList<CheckedFile> files)
    {
        if (run.IsJson)
        {
            run.Show(new JsonObject { ["items"] = new JsonArray([.. files.Select(file => (JsonNode)file.ToJson())]) });
            return;
        }

        foreach (var file in files)
        {
            if (file.Problems.IsEmpty)
            {
                run.Output.WriteLine($"{file.Path}: good");
            }

            foreach (var path in file.Kept)
            {
                run.Output.WriteLine($"{file.Path}: note: {Plain.Of(path)}: keeps a secret, which must be set where this is applied");
            }

            foreach (var path in file.OfProvider)
            {
                run.Output.WriteLine($"{file.Path}: note: {Plain.Of(path)}: only the provider may set this; with a host's key it must be as it is there");
            }

            foreach (var problem in file.Problems)
            {
                run.Errors.WriteLine($"{file.Path}: {Plain.Of(problem.Path)}: {Plain.Of(problem.Message)}");
            }
        }
    }
}
