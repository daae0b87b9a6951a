using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>How a key's value is written in a host document: what its schema says and what reading it accepts.</summary>
public abstract class SettingType
{
    /// <summary>The JSON Schema (2020-12) of a value.</summary>
    internal abstract JsonObject Schema();
}

/// <summary>A type whose values are read as <typeparamref name="T"/>.</summary>
internal abstract class SettingType<T> : SettingType
{
    /// <summary>Reads a value; false after it has added at least one problem.</summary>
    internal abstract bool TryRead(JsonElement value, string path, DocumentProblems problems, [MaybeNullWhen(false)] out T result);
}
