namespace Krewe.Tests.Architecture;

/// <summary>
/// LocalOrleans adds nothing to Orleans' API: its own is recorded in <c>LocalOrleans/PublicApi.txt</c>; a Local build holds the record to the assembly,
/// and an Orleans build finds every line of it in Orleans' assemblies.
/// </summary>
public sealed partial class LocalOrleansApiTests
{
    private static string RecordPath
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "Orleans.sln")))
            {
                folder = folder.Parent;
            }

            return Path.Combine(folder.FullName, "LocalOrleans", "PublicApi.txt");
        }
    }

    private static string[] Recorded => File.ReadAllLines(RecordPath);
}
