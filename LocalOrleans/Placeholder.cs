namespace Orleans { public interface IGrainWithStringKey; public interface IGrainObserver; public interface IGrainFactory { T GetGrain<T>(string key) where T : IGrainWithStringKey; }
[AttributeUsage(AttributeTargets.All)] public sealed class GenerateSerializerAttribute : Attribute;
[AttributeUsage(AttributeTargets.All)] public sealed class IdAttribute(uint id) : Attribute { public uint Id => id; }
[AttributeUsage(AttributeTargets.All)] public sealed class AliasAttribute(string a) : Attribute { public string Alias => a; }
[AttributeUsage(AttributeTargets.All)] public sealed class ImmutableAttribute : Attribute; }
namespace Orleans.Concurrency { [AttributeUsage(AttributeTargets.All)] public sealed class AlwaysInterleaveAttribute : Attribute; }
namespace Orleans.Hosting { public interface ISiloBuilder; }
namespace Orleans.Runtime { public interface IPersistentState<T>; }
