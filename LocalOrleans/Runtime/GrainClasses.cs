using System.Collections.Frozen;
using System.Reflection;

namespace Orleans.Runtime;

/// <summary>
/// The grain classes of the process and the interfaces that they stand for. They are looked for in the loaded assemblies that know this one, and
/// in what those refer to, so that it does not matter what code has run before.
/// </summary>
internal sealed class GrainClasses
{
    private readonly FrozenDictionary<Type, GrainClass[]> _byInterface;

    public GrainClasses(LocalSilo silo)
    {
        All = [.. FindTypes().Select(type => new GrainClass(silo, type))];
        if (All.GroupBy(grain => grain.GrainType).FirstOrDefault(same => same.Count() > 1) is { } same)
        {
            throw new InvalidOperationException($"The grain type {same.Key} names {string.Join(" and ", same.Select(grain => grain.Type))}.");
        }

        _byInterface = All
            .SelectMany(grain => grain.Type.GetInterfaces().Where(IsGrainInterface).Select(type => (type, grain)))
            .GroupBy(pair => pair.type, pair => pair.grain)
            .ToFrozenDictionary(pairs => pairs.Key, pairs => pairs.ToArray());
    }

    public GrainClass[] All { get; }

    /// <summary>The one class that stands for the interface.</summary>
    public GrainClass Of(Type grainInterface) => _byInterface.GetValueOrDefault(grainInterface) switch
    {
        [var one] => one,
        null => throw new ArgumentException($"No grain class implements {grainInterface}."),
        var several => throw new ArgumentException($"{grainInterface} is implemented by {string.Join<Type>(" and ", several.Select(grain => grain.Type))}."),
    };

    private static bool IsGrainInterface(Type type) =>
        type != typeof(IGrainWithStringKey) && typeof(IGrainWithStringKey).IsAssignableFrom(type);

    private static IEnumerable<Type> FindTypes()
    {
        var self = typeof(GrainClasses).Assembly;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var found = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies().Where(assembly => !assembly.IsDynamic));
        while (found.TryDequeue(out var assembly))
        {
            var references = assembly.GetReferencedAssemblies();
            if (!seen.Add(assembly.FullName!) || !references.Any(reference => reference.Name == self.GetName().Name))
            {
                continue;
            }

            foreach (var reference in references.Where(reference => !seen.Contains(reference.FullName) && !IsFramework(reference)))
            {
                found.Enqueue(Assembly.Load(reference));
            }

            foreach (var type in assembly.GetTypes())
            {
                if (type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }
                    && typeof(IGrainBase).IsAssignableFrom(type)
                    && type.GetInterfaces().Any(IsGrainInterface))
                {
                    yield return type;
                }
            }
        }
    }

    private static bool IsFramework(AssemblyName name) =>
        name.Name!.StartsWith("System.", StringComparison.Ordinal) || name.Name.StartsWith("Microsoft.", StringComparison.Ordinal);
}
