using Krewe.Contracts.Hosting;

namespace Krewe.Silo;

/// <summary>The grain host of this build: LocalOrleans, for package sources that lack Orleans.</summary>
internal static class GrainHost
{
    public const string Name = "Local";

    /// <summary>It listens nowhere.</summary>
    public static KreweOptions ChooseListeners(KreweOptions options) => options;

    public static void AddGrainHost(this WebApplicationBuilder builder, KreweOptions options) =>
        builder.UseOrleans(silo => silo.AddMemoryGrainStorage("memory"));
}
