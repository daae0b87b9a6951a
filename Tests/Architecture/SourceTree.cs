using System.Xml.Linq;

namespace Krewe.Tests.Architecture;

/// <summary>The repository's own files, as the tests of its shape read them.</summary>
internal static class SourceTree
{
    private static readonly string[] NotSource = [".artifacts", ".git", "bin", "obj"];

    public static string Root { get; } = FindRoot();

    /// <summary>Projects by name, with the projects that each refers to.</summary>
    public static IReadOnlyDictionary<string, string[]> Projects { get; } = Directory.GetDirectories(Root)
        .SelectMany(folder => Directory.GetFiles(folder, "*.csproj"))
        .ToDictionary(path => Path.GetFileNameWithoutExtension(path), ReferencesOf, StringComparer.Ordinal);

    /// <summary>C# files below a folder of the repository, or all of them, by their path in it.</summary>
    public static IEnumerable<string> Files(string folder = "") =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(NotSource.Contains));

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    private static string[] ReferencesOf(string project) =>
        [.. XDocument.Load(project).Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')))];

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Orleans.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
