using System.Runtime.CompilerServices;
using Krewe.Frontend.Iq;

namespace Krewe.Tests.Unit.Iq;

/// <summary>Every IQ handler that there is, for what it says of itself; none of them is to handle anything.</summary>
internal static class HandlerTypes
{
    public static IReadOnlyList<IIqHandler> All { get; } =
    [
        .. typeof(IIqHandler).Assembly.GetTypes().Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IIqHandler).IsAssignableFrom(type))
            .OrderBy(type => type.Name, StringComparer.Ordinal)
            .Select(type => (IIqHandler)RuntimeHelpers.GetUninitializedObject(type)),
    ];
}
