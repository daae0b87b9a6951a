using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using Krewe.Contracts.Addressing;
using Orleans.Concurrency;

namespace Krewe.Tests.Architecture;

/// <summary>
/// The closure of the grain contracts: whatever a grain method takes or gives is immutable and numbered, so that copying it (Orleans) and sharing it (LocalOrleans)
/// cannot be told apart, and so that two versions of it can talk.
/// </summary>
public sealed class ContractTests
{
    private const BindingFlags Members = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Assembly Contracts = typeof(Jid).Assembly;

    /// <summary>What a contract may be made of beside other contracts, enumerations, nullable ones and immutable arrays.</summary>
    private static readonly HashSet<Type> Simple =
    [
        typeof(string), typeof(bool), typeof(byte), typeof(sbyte), typeof(ushort), typeof(int), typeof(long), typeof(Guid), typeof(DateTimeOffset), typeof(TimeSpan), typeof(ReadOnlyMemory<byte>),
    ];

    private static readonly Type[] Interfaces = [.. Contracts.GetTypes().Where(type =>
        type.IsInterface && (typeof(IAddressable).IsAssignableFrom(type) || typeof(IGrainObserver).IsAssignableFrom(type)) && type.IsPublic)];

    private static readonly IReadOnlyCollection<Type> Closure = Walk();

    [Fact]
    public void Closure_IsThere()
    {
        Assert.Contains(typeof(Contracts.Sessions.IUserSessionsGrain), Interfaces);
        Assert.Contains(typeof(Contracts.Sessions.IFrontendSink), Interfaces);
        Assert.Contains(typeof(Contracts.Rosters.RosterItem), Closure);
        Assert.Contains(typeof(Contracts.Sessions.RosterPushContent), Closure);
    }

    [Fact]
    public void Types_AreSealedOrAbstract_Numbered_Named_AndImmutable()
    {
        foreach (var type in Closure.Where(type => !type.IsEnum))
        {
            Assert.True(type.IsSealed || type.IsAbstract, $"{type} can be derived from");
            Assert.True(type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false), $"{type} has no [GenerateSerializer]");
            Assert.True(type.IsDefined(typeof(ImmutableAttribute), inherit: false), $"{type} has no [Immutable]");
            Assert.True(AliasOf(type) is not null, $"{type} has no [Alias]");
        }
    }

    [Fact]
    public void State_CannotBeChanged()
    {
        foreach (var type in Closure.Where(type => !type.IsEnum))
        {
            foreach (var field in type.GetFields(Members).Where(field => !field.IsDefined(typeof(NonSerializedAttribute))))
            {
                // A record's init-only properties have fields that are not marked readonly by all compilers: their setters say it.
                var property = PropertyOf(type, field);
                var isInitOnly = property?.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ?? true;
                Assert.True(field.IsInitOnly && isInitOnly, $"{type}.{field.Name} can be written");
            }
        }
    }

    [Fact]
    public void Numbers_CountFromZeroWithoutGaps()
    {
        foreach (var type in Closure.Where(type => !type.IsEnum))
        {
            var numbers = new List<uint>();
            foreach (var field in type.GetFields(Members).Where(field => !field.IsDefined(typeof(NonSerializedAttribute))))
            {
                var id = field.GetCustomAttribute<IdAttribute>() ?? PropertyOf(type, field)?.GetCustomAttribute<IdAttribute>();
                Assert.True(id is not null, $"{type}.{field.Name} has no [Id]");
                numbers.Add(id.Id);
            }

            Assert.Equal(Enumerable.Range(0, numbers.Count).Select(number => (uint)number), numbers.Order());
        }
    }

    [Fact]
    public void Members_AreOfTheClosedList()
    {
        foreach (var type in Closure.Where(type => !type.IsEnum))
        {
            Assert.All(type.GetFields(Members).Where(field => !field.IsDefined(typeof(NonSerializedAttribute))), field =>
                Assert.True(IsAllowed(field.FieldType), $"{type}.{field.Name} is a {field.FieldType}"));
        }

        foreach (var method in Interfaces.SelectMany(type => type.GetMethods()))
        {
            Assert.All(method.GetParameters(), parameter => Assert.True(IsAllowed(parameter.ParameterType), $"{method.DeclaringType}.{method.Name}({parameter})"));
            Assert.True(ResultOf(method) is var result && (result is null || IsAllowed(result)), $"{method.DeclaringType}.{method.Name} gives {result}");
        }
    }

    [Fact]
    public void Enumerations_AreBytes_WithTheirNumbersPinned()
    {
        foreach (var type in Closure.Where(type => type.IsEnum))
        {
            Assert.Equal(typeof(byte), Enum.GetUnderlyingType(type));
            var file = SourceTree.Files("Grains.Interfaces").Single(path => SourceTree.Lines(path).Any(line => line.StartsWith($"public enum {type.Name} ", StringComparison.Ordinal)));
            var lines = SourceTree.Lines(file);
            Assert.All(Enum.GetNames(type), name => Assert.Contains(
                $"    {name} = {Convert.ToByte(Enum.Parse(type, name), System.Globalization.CultureInfo.InvariantCulture)},", lines));
        }
    }

    [Fact]
    public void Aliases_AreUnique_AndEveryInterfaceAndMethodHasOne()
    {
        Type[] types = [.. Closure.Where(type => !type.IsEnum), .. Interfaces];
        Assert.All(types, type => Assert.True(AliasOf(type) is not null, $"{type} has no [Alias]"));
        Assert.Empty(types.GroupBy(AliasOf).Where(group => group.Count() > 1).Select(group => group.Key));
        foreach (var type in Interfaces)
        {
            Assert.All(type.GetMethods(), method => Assert.True(AliasOf(method) is not null, $"{type}.{method.Name} has no [Alias]"));
            Assert.Equal(type.GetMethods().Length, type.GetMethods().Select(AliasOf).Distinct().Count());
        }
    }

    [Fact]
    public void Methods_AreAsynchronous_AndNamedSo()
    {
        foreach (var method in Interfaces.SelectMany(type => type.GetMethods()))
        {
            Assert.EndsWith("Async", method.Name, StringComparison.Ordinal);
            Assert.True(typeof(Task).IsAssignableFrom(method.ReturnType) || method.ReturnType.Name.StartsWith("ValueTask", StringComparison.Ordinal), $"{method.DeclaringType}.{method.Name}");
        }
    }

    [Fact]
    public void NumberedTypes_AreAllReachable()
    {
        // One that no grain method reaches is dead, or crosses processes by a way that these tests do not see.
        var numbered = Contracts.GetTypes().Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false));
        Assert.Empty(numbered.Except(Closure));
    }

    private static IReadOnlyCollection<Type> Walk()
    {
        var found = new HashSet<Type>();
        var open = new Stack<Type>(Interfaces.SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(ResultOf(method)!)).Where(type => type is not null));
        while (open.TryPop(out var type))
        {
            foreach (var part in type.IsGenericType ? type.GetGenericArguments() : [type])
            {
                if (part.IsGenericType)
                {
                    open.Push(part);
                    continue;
                }

                if (part.Assembly != Contracts || part.IsInterface || !found.Add(part))
                {
                    continue;
                }

                foreach (var next in part.GetFields(Members).Select(field => field.FieldType)
                    .Concat(Contracts.GetTypes().Where(other => part.IsAbstract && other.BaseType == part)))
                {
                    open.Push(next);
                }
            }
        }

        return found;
    }

    private static bool IsAllowed(Type type) =>
        Simple.Contains(type)
        || Closure.Contains(type)
        || Interfaces.Contains(type)
        || (Nullable.GetUnderlyingType(type) is { } inner && IsAllowed(inner))
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) && IsAllowed(type.GetGenericArguments()[0]));

    private static Type? ResultOf(MethodInfo method) => method.ReturnType.IsGenericType ? method.ReturnType.GetGenericArguments()[0] : null;

    private static PropertyInfo? PropertyOf(Type type, FieldInfo field) =>
        field.Name is ['<', .. var rest] && rest.IndexOf('>') is var end and > 0 ? type.GetProperty(rest[..end], Members) : null;

    private static string? AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias;
}
