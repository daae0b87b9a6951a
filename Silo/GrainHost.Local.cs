namespace Krewe.Silo;

/// <summary>The grain host of this build: LocalOrleans, for package sources that lack Orleans.</summary>
internal static class GrainHost
{
    public const string Name = "Local";

    public static void AddGrainHost(this WebApplicationBuilder builder) => builder.UseOrleans(silo => silo.AddMemoryGrainStorage("memory"));
}
