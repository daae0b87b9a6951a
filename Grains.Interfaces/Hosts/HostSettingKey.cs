using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// One key of the host document: the single place that says its name, type, range, default, who may set it, whether it is a secret, and what it does.
/// Reading, the schema, provider-only keys, secrets and effective values all go by it.
/// </summary>
/// <remarks>A table of keys is of the host or of one type of component; its keys are handed that table's draft and settings, and know what these are.</remarks>
public abstract class HostSettingKey(string name, string description)
{
    public string Name { get; } = name;

    public string Description { get; } = description;

    /// <summary>Only the provider's token may set or change it.</summary>
    public bool IsProviderOnly { get; init; }

    /// <summary>Write-only: shown as <c>{ "secret": "set" }</c>.</summary>
    public bool IsSecret { get; init; }

    /// <summary>It has no default: leaving it out is refused.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Its value is an object of things that have defaults of their own: what is in force is shown in its place.</summary>
    public bool HasDefaultsWithin { get; init; }

    /// <summary>Why everybody sets it for himself; null for what is inherited.</summary>
    public string? WhyNotInherited { get; init; }

    /// <summary>The key without whose value it is of no use: what the provider sets of both for all hosts holds only together.</summary>
    public string? GoesWith { get; init; }

    /// <summary>The key that must not stand beside it, and in whose place it is set.</summary>
    public string? Rival { get; init; }

    /// <summary>Whether another setting of the object that inherits it leaves no room for it.</summary>
    internal Func<JsonElement, bool>? IsContradictedBy { get; init; }

    /// <summary>A secret for all hosts must at least be bound to a server.</summary>
    internal bool IsInheritable => WhyNotInherited is null && (!IsSecret || GoesWith is not null);

    /// <summary>Why secrets that are not bound to a server are not inherited.</summary>
    internal const string SecretOfEach = "a secret that many share is none";

    public abstract SettingType Type { get; }

    /// <summary>The keys of the object that the value is; empty for every other value.</summary>
    public virtual ImmutableArray<HostSettingKey> Members => [];

    /// <summary>Reads the value into the draft, or adds what is wrong with it.</summary>
    internal abstract void Read(JsonElement value, string path, DocumentProblems problems, object draft);

    /// <summary>The value that is in force; null for none, and never a secret.</summary>
    internal abstract JsonNode? Show(object settings);

    /// <summary>The value that holds where nobody has set it.</summary>
    internal virtual JsonNode? ShowDefault(object settings) => Show(settings);
}

/// <summary>A key with a value of its own, in a table whose documents are read into <typeparamref name="TDraft"/> and come to <typeparamref name="TSettings"/>.</summary>
/// <param name="set">Puts the value that was read into the settings.</param>
/// <param name="show">The value in force, as a document would have it.</param>
internal abstract class SettingKey<TDraft, TSettings, T>(
    string name, SettingType<T> type, Action<TDraft, T> set, Func<TSettings, JsonNode?> show, string description)
    : HostSettingKey(name, description)
{
    public override SettingType Type => type;

    internal override void Read(JsonElement value, string path, DocumentProblems problems, object draft)
    {
        if (IsSecret && HostSecrets.IsMarker(value))
        {
            problems.Add(path, HostSecrets.NothingToKeep);
        }
        else if (type.TryRead(value, path, problems, out var result))
        {
            set((TDraft)draft, result);
        }
    }

    internal override JsonNode? Show(object settings) => show((TSettings)settings);
}

/// <summary>A key of the host itself.</summary>
internal sealed class HostSettingKey<T>(
    string name, SettingType<T> type, Action<HostSettingsDraft, T> set, Func<HostSettings, JsonNode?> show, string description)
    : SettingKey<HostSettingsDraft, HostSettings, T>(name, type, set, show, description);

/// <summary>A key whose value is an object with keys of its own.</summary>
internal sealed class HostSettingGroup(string name, ImmutableArray<HostSettingKey> members, string description) : HostSettingKey(name, description)
{
    public override SettingType Type { get; } = new GroupType(members);

    public override ImmutableArray<HostSettingKey> Members => members;

    internal override void Read(JsonElement value, string path, DocumentProblems problems, object draft) =>
        HostDocumentReader.ReadObject(value, path, members, problems, draft);

    internal override JsonNode? Show(object settings) => members.Show(settings);

    private sealed class GroupType(ImmutableArray<HostSettingKey> members) : SettingType
    {
        internal override JsonObject Schema() => HostSchema.ObjectSchema(members, HostSettings.Default(HostSchema.ExampleDomain));
    }
}

internal static class HostSettingKeyTables
{
    public static HostSettingKey? Find(this ImmutableArray<HostSettingKey> keys, string name)
    {
        foreach (var key in keys)
        {
            if (key.Name == name)
            {
                return key;
            }
        }

        return null;
    }

    /// <summary>An object of all values that are in force.</summary>
    public static JsonObject Show(this ImmutableArray<HostSettingKey> keys, object settings) =>
        new(keys.Select(key => KeyValuePair.Create(key.Name, key.Show(settings))).Where(pair => pair.Value is not null));
}
