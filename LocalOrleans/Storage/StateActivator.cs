using System.Runtime.CompilerServices;

namespace Orleans.Storage;

/// <summary>The state of a grain of which nothing is stored.</summary>
internal static class StateActivator<T>
{
    public static readonly Func<T> Create = Choose();

    private static Func<T> Choose()
    {
        if (typeof(T).IsValueType)
        {
            return static () => default!;
        }

        // Like Orleans, which makes records with a primary constructor without running it.
        return typeof(T).GetConstructor(Type.EmptyTypes) is not null
            ? Activator.CreateInstance<T>
            : static () => (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
    }
}
