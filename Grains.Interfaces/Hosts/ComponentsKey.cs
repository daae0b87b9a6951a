using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Contracts.Addressing;

namespace Krewe.Contracts.Hosts;

/// <summary>The key whose value is an object with a domain of the host for each component; which keys an entry has, its <c>type</c> says.</summary>
internal sealed class ComponentsKey(string name, ImmutableArray<ComponentType> types, string description) : HostSettingKey(name, description)
{
    /// <summary>How many components a host may have.</summary>
    public const int ComponentsMax = 100;

    public override SettingType Type { get; } = new ComponentsType(types);

    /// <summary>Whether a host's own key holders may do what they like with the domain: the name above it is theirs already.</summary>
    public static bool IsBelow(string domain, string host) =>
        domain.Length > host.Length + 1 && domain.EndsWith(host, StringComparison.Ordinal) && domain[^(host.Length + 1)] == '.';

    internal override void Read(JsonElement value, string path, DocumentProblems problems, object draft)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            problems.Add(path, "must be an object");
            return;
        }

        if (value.GetPropertyCount() > ComponentsMax)
        {
            problems.Add(path, $"must have at most {ComponentsMax} components");
            return;
        }

        var host = (HostSettingsDraft)draft;
        foreach (var entry in value.EnumerateObject())
        {
            var entryPath = JsonPaths.Member(path, entry.Name);
            if (!JidEnforcement.TryPrepareDomainpart(entry.Name, out var domain))
            {
                problems.Add(entryPath, "is not a domainpart (RFC 7622 §3.2)");
            }
            else if (domain == host.Settings.Domain)
            {
                problems.Add(entryPath, "is the host's own domain");
            }
            else if (host.Components.ContainsKey(domain))
            {
                problems.Add(entryPath, "is there twice");
            }

            // What is wrong inside is told all the same.
            if (ReadEntry(host, domain ?? entry.Name, entry.Value, entryPath, problems) is { } component)
            {
                host.Components[component.Domain] = component;
            }
        }
    }

    internal override JsonNode? Show(object settings)
    {
        var components = ((HostSettings)settings).Components;
        return components.IsEmpty ? null : new JsonObject(components.OrderBy(component => component.Key, StringComparer.Ordinal)
            .Select(component => KeyValuePair.Create(component.Key, (JsonNode?)ComponentTypes.Of(component.Value).Keys.Show(component.Value))));
    }

    private ComponentSettings? ReadEntry(HostSettingsDraft host, string domain, JsonElement entry, string path, DocumentProblems problems)
    {
        if (entry.ValueKind != JsonValueKind.Object)
        {
            problems.Add(path, "must be an object");
            return null;
        }

        if (ComponentTypes.Of(entry) is { } type)
        {
            return type.Read(domain, entry, path, problems, HostDefaults.Above(domain, host.Settings.Domain, host.Layers));
        }

        var typePath = JsonPaths.Member(path, ComponentTypes.Discriminator);
        var words = string.Join(" or ", types.Select(known => $"\"{known.Name}\""));
        problems.Add(typePath, entry.TryGetProperty(ComponentTypes.Discriminator, out _) ? $"must be {words}" : $"is missing: must be {words}");
        return null;
    }

    private sealed class ComponentsType(ImmutableArray<ComponentType> types) : SettingType
    {
        internal override JsonObject Schema() => new()
        {
            ["type"] = "object",
            ["maxProperties"] = ComponentsMax,
            ["propertyNames"] = new JsonObject { ["minLength"] = 1, ["maxLength"] = JidEnforcement.PartBytesMax },
            ["additionalProperties"] = new JsonObject { ["oneOf"] = new JsonArray([.. types.Select(type => (JsonNode)type.Schema())]) },
        };
    }
}
