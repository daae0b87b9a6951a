using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>
/// One key of the host document: the single place that says its name, type, range, default, who may set it, whether it is a secret, and what it does.
/// Reading, the schema, provider-only keys, secrets and effective values all go by it.
/// </summary>
public abstract class HostSettingKey(string name, string description)
{
    public string Name { get; } = name;

    public string Description { get; } = description;

    /// <summary>Only the provider's token may set or change it.</summary>
    public bool IsProviderOnly { get; init; }

    /// <summary>Write-only: shown as <c>{ "secret": "set" }</c>.</summary>
    public bool IsSecret { get; init; }

    public abstract SettingType Type { get; }

    /// <summary>The keys of the object that the value is; empty for every other value.</summary>
    public virtual ImmutableArray<HostSettingKey> Members => [];

    /// <summary>Reads the value into the settings, or adds what is wrong with it.</summary>
    internal abstract void Read(JsonElement value, string path, DocumentProblems problems, HostSettingsDraft draft);

    /// <summary>The value that is in force; null for none, and never a secret.</summary>
    internal abstract JsonNode? Show(HostSettings settings);
}

/// <summary>A key with a value of its own.</summary>
/// <param name="set">Puts the value that was read into the settings.</param>
/// <param name="show">The value in force, as a document would have it.</param>
internal sealed class HostSettingKey<T>(
    string name, SettingType<T> type, Action<HostSettingsDraft, T> set, Func<HostSettings, JsonNode?> show, string description)
    : HostSettingKey(name, description)
{
    public override SettingType Type => type;

    internal override void Read(JsonElement value, string path, DocumentProblems problems, HostSettingsDraft draft)
    {
        if (IsSecret && HostSecrets.IsMarker(value))
        {
            problems.Add(path, HostSecrets.NothingToKeep);
        }
        else if (type.TryRead(value, path, problems, out var result))
        {
            set(draft, result);
        }
    }

    internal override JsonNode? Show(HostSettings settings) => show(settings);
}

/// <summary>A key whose value is an object with keys of its own.</summary>
internal sealed class HostSettingGroup(string name, ImmutableArray<HostSettingKey> members, string description) : HostSettingKey(name, description)
{
    public override SettingType Type { get; } = new GroupType(members);

    public override ImmutableArray<HostSettingKey> Members => members;

    internal override void Read(JsonElement value, string path, DocumentProblems problems, HostSettingsDraft draft) =>
        HostDocumentReader.ReadObject(value, path, members, problems, draft);

    internal override JsonNode? Show(HostSettings settings) =>
        new JsonObject(members.Select(member => KeyValuePair.Create(member.Name, member.Show(settings))).Where(pair => pair.Value is not null));

    private sealed class GroupType(ImmutableArray<HostSettingKey> members) : SettingType
    {
        internal override JsonObject Schema() => HostSchema.ObjectSchema(members);
    }
}
