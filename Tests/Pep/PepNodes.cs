using System.Xml.Linq;

namespace Krewe.Tests.Pep;

/// <summary>What users have published: it outlives the service that serves it, as a database does.</summary>
internal sealed class PepNodes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, List<(string Id, XElement Item)>>> _nodes = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Owners
    {
        get
        {
            lock (_gate)
            {
                return [.. _nodes.Keys];
            }
        }
    }

    public IReadOnlyList<string> Of(string owner)
    {
        lock (_gate)
        {
            return _nodes.TryGetValue(owner, out var nodes) ? [.. nodes.Keys] : [];
        }
    }

    /// <summary>Null when there is no such node.</summary>
    public IReadOnlyList<XElement>? Items(string owner, string node, IReadOnlyCollection<string> ids)
    {
        lock (_gate)
        {
            return _nodes.GetValueOrDefault(owner)?.GetValueOrDefault(node) is { } items
                ? [.. items.Where(item => ids.Count == 0 || ids.Contains(item.Id)).Select(item => item.Item)]
                : null;
        }
    }

    public XElement? Last(string owner, string node) => Items(owner, node, []) is { Count: > 0 } items ? items[^1] : null;

    /// <summary>The node comes to be with its first item (XEP-0163 §3); an item that is published again is replaced.</summary>
    public void Publish(string owner, string node, string id, XElement item)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(owner, out var nodes))
            {
                _nodes.Add(owner, nodes = new(StringComparer.Ordinal));
            }

            if (!nodes.TryGetValue(node, out var items))
            {
                nodes.Add(node, items = []);
            }

            items.RemoveAll(known => known.Id == id);
            items.Add((id, item));
        }
    }

    public bool Retract(string owner, string node, string id)
    {
        lock (_gate)
        {
            return _nodes.GetValueOrDefault(owner)?.GetValueOrDefault(node)?.RemoveAll(known => known.Id == id) > 0;
        }
    }
}
