using System.Reflection;
using System.Text.RegularExpressions;
using Krewe.Cli;
using Krewe.Contracts.Addressing;
using Krewe.Frontend;
using Krewe.Grains;
using Krewe.Silo;

namespace Krewe.Tests.Architecture;

/// <summary>Who may know whom: XML and sockets live in Frontend, outbound HTTP in Grains, and what differs between the grain hosts in two kinds of file.</summary>
public sealed partial class DependencyTests
{
    private static readonly Assembly Contracts = typeof(Jid).Assembly;
    private static readonly Assembly Grains = typeof(GrainsServiceCollectionExtensions).Assembly;
    private static readonly Assembly Frontend = typeof(FrontendServiceCollectionExtensions).Assembly;
    private static readonly Assembly Silo = typeof(KreweHost).Assembly;

    /// <summary>Everything that a project may refer to; a new project is a new row.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["LocalOrleans"] = [],
        ["Grains.Interfaces"] = [],
        ["Grains"] = ["Grains.Interfaces"],
        ["Frontend"] = ["Grains.Interfaces"],
        ["Silo"] = ["Grains", "Frontend"],
        ["Demo"] = ["Silo"],
        ["Benchmarks"] = ["Silo"],
        ["Cli"] = ["Grains.Interfaces"],
        ["Tests"] = ["Silo", "Demo", "Cli"],
    };

    [Fact]
    public void Projects_ReferToNothingElse()
    {
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), SourceTree.Projects.Keys.Order(StringComparer.Ordinal));
        Assert.All(SourceTree.Projects, project => Assert.Empty(project.Value.Except(Allowed[project.Key])));
    }

    [Fact]
    public void GrainsAndFrontend_DoNotKnowEachOther()
    {
        Assert.DoesNotContain(Frontend.GetName().Name, References(Grains));
        Assert.DoesNotContain(Grains.GetName().Name, References(Frontend));
        Assert.DoesNotContain(References(Contracts), name => name.StartsWith("Krewe.", StringComparison.Ordinal) && name != "Krewe.LocalOrleans");
    }

    [Fact]
    public void Frontend_CallsNobodyOverHttp() => Assert.DoesNotContain(References(Frontend), name => name.StartsWith("System.Net.Http", StringComparison.Ordinal));

    [Fact]
    public void Tool_KnowsOfTheContracts_OnlyWhatADocumentIs()
    {
        // Whatever else it does, it does by the HTTP API, as anybody could.
        var used = SourceTree.Files("Cli").SelectMany(SourceTree.Lines).Select(line => Contract().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value);
        Assert.Equal(["Addressing", "Hosts"], used.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(References(typeof(KreweCommand).Assembly), name => name is "Krewe.Grains" or "Krewe.Frontend" or "Krewe.Silo");
    }

    [Fact]
    public void Grains_AndTheirContracts_KnowNoXml_AndNoWebServer()
    {
        foreach (var assembly in new[] { Grains, Contracts })
        {
            Assert.DoesNotContain(References(assembly), name =>
                name.StartsWith("System.Xml", StringComparison.Ordinal) || name.StartsWith("System.Private.Xml", StringComparison.Ordinal)
                || name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void PublicTypes_AreTheContractsOnly()
    {
        foreach (var assembly in new[] { Grains, Frontend, Silo })
        {
            // What generators make is public by their own choice: Orleans' code, and the class around top-level statements.
            Assert.DoesNotContain(assembly.GetExportedTypes(), type => type.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) != true && type.Name != "Program");
        }
    }

    [Fact]
    public void Namespaces_BeginWithTheProjects()
    {
        foreach (var (project, _) in SourceTree.Projects.Where(project => project.Key != "LocalOrleans"))
        {
            var root = project == "Grains.Interfaces" ? "Krewe.Contracts" : $"Krewe.{project}";
            foreach (var file in SourceTree.Files(project))
            {
                var declared = SourceTree.Lines(file).Select(line => Namespace().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value;
                Assert.True(declared is null || declared == root || declared.StartsWith(root + ".", StringComparison.Ordinal), $"{file}: {declared}");
            }
        }
    }

    [Fact]
    public void Host_IsKnownToItsOwnFilesOnly()
    {
        var files = SourceTree.Files().ToArray();
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            Assert.DoesNotContain(SourceTree.Lines(file), line => Conditional().IsMatch(line));
            if (!IsHostFile(file) && !file.EndsWith($"{nameof(DependencyTests)}.cs", StringComparison.Ordinal))
            {
                Assert.DoesNotContain(SourceTree.Lines(file), line => OnlyOrleans().IsMatch(line));
            }
        }

        // What one host has, the other has, each in its own way.
        Assert.Equal(
            files.Where(file => file.EndsWith(".Local.cs", StringComparison.Ordinal)).Select(file => file[..^".Local.cs".Length]).Where(HasTwin).Order(StringComparer.Ordinal),
            files.Where(file => file.EndsWith(".Orleans.cs", StringComparison.Ordinal)).Select(file => file[..^".Orleans.cs".Length]).Where(HasTwin).Order(StringComparer.Ordinal));

        // A test that is of one host alone stands alone.
        bool HasTwin(string file) =>
            !file.StartsWith("Tests", StringComparison.Ordinal) || (files.Contains(file + ".Orleans.cs") && files.Contains(file + ".Local.cs"));
    }

    [Fact]
    public void NothingIsLeftForLater()
    {
        foreach (var file in SourceTree.Files().Where(file => !file.EndsWith($"{nameof(DependencyTests)}.cs", StringComparison.Ordinal)))
        {
            var found = Unfinished().Match(string.Join('\n', SourceTree.Lines(file)));
            Assert.False(found.Success, $"{file}: {found.Value}");
        }
    }

    private static string[] References(Assembly assembly) => [.. assembly.GetReferencedAssemblies().Select(name => name.Name!)];

    private static bool IsHostFile(string file) => file.EndsWith(".Orleans.cs", StringComparison.Ordinal) || file.EndsWith(".Local.cs", StringComparison.Ordinal);

    [GeneratedRegex(@"\bKrewe\.Contracts\.(\w+)")]
    private static partial Regex Contract();

    [GeneratedRegex(@"^namespace ([\w.]+)")]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^\s*#\s*(if|elif|define)\b")]
    private static partial Regex Conditional();

    /// <summary>Of Orleans, and not of the slice of it that LocalOrleans is.</summary>
    [GeneratedRegex(@"^using Orleans\.(TestingHost|Clustering|Serialization)|UseLocalhostClustering\(|InProcessTestCluster|Microsoft\.Orleans\.(?!Core)")]
    private static partial Regex OnlyOrleans();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b|NotImplementedException|Thread\.Sleep\(|\bcatch\b[^{}]*\{\s*\}")]
    private static partial Regex Unfinished();
}
