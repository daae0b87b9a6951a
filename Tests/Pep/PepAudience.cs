using System.Collections.Concurrent;
using System.Diagnostics;
using System.Xml.Linq;
using Krewe.Tests.Support;

namespace Krewe.Tests.Pep;

/// <summary>
/// Who is there, and what each wants to be told of: by presence that comes by privilege (XEP-0356 §7) and by what clients say of themselves (XEP-0115), which is asked
/// once for each hash.
/// </summary>
internal sealed class PepAudience(ComponentLink link, PepNodes nodes, PepContacts contacts)
{
    private static readonly XName Query = PepNames.Info + "query";

    /// <summary>By full JID: the features that it wants notifications with.</summary>
    private readonly ConcurrentDictionary<string, IReadOnlySet<string>> _present = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlySet<string>> _known = new(StringComparer.Ordinal);

    /// <summary>Those of whom nobody could be asked when they came, as nobody whom they see had published anything.</summary>
    private readonly ConcurrentDictionary<string, XElement> _unknown = new(StringComparer.Ordinal);
    private int _askedByPrivilege;

    /// <summary>How many clients were asked in the name of a user.</summary>
    public int AskedByPrivilege => Volatile.Read(ref _askedByPrivilege);

    /// <summary>Done when it knows what these clients want.</summary>
    public async Task WhenPresentAsync(params string[] jids)
    {
        var patience = Stopwatch.StartNew();
        while (!jids.All(_present.ContainsKey))
        {
            Assert.True(patience.Elapsed < Timeouts.Test, $"of {string.Join(' ', jids)} only these are present: {string.Join(' ', Present)}");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    public IReadOnlyCollection<string> Present => [.. _present.Keys];

    /// <summary>Full JIDs of those who want to know of a node.</summary>
    public IEnumerable<string> Interested(string node) => _present.Where(one => one.Value.Contains($"{node}+notify")).Select(one => one.Key);

    public bool Wants(string jid, string node) => _present.TryGetValue(jid, out var features) && features.Contains($"{node}+notify");

    public void Gone(string jid)
    {
        _present.TryRemove(jid, out _);
        _unknown.TryRemove(jid, out _);
    }

    /// <summary>Somebody has published: now there may be a way to ask.</summary>
    public async Task AskUnknownAsync()
    {
        foreach (var (jid, presence) in _unknown)
        {
            await CameAsync(jid, presence);
        }
    }

    /// <summary>Takes somebody's initial presence; false when nothing can be learned of what is wanted.</summary>
    public async Task<bool> CameAsync(string jid, XElement presence)
    {
        var caps = presence.Element(PepNames.Caps + "c");
        var ver = (string?)caps?.Attribute("ver");
        if (ver is null || !_known.TryGetValue(ver, out var features))
        {
            var node = ver is null ? null : $"{(string?)caps!.Attribute("node")}#{ver}";
            if (await AskAsync(jid, node) is not { } info)
            {
                _unknown[jid] = presence;
                return false;
            }

            features = info.Elements(PepNames.Info + "feature").Select(feature => (string)feature.Attribute("var")!).ToHashSet(StringComparer.Ordinal);
            if (ver is not null && EntityCaps.Hash(info) == ver)
            {
                _known[ver] = features;
            }
        }

        _unknown.TryRemove(jid, out _);
        _present[jid] = features;
        return true;
    }

    /// <summary>By itself where the component may; for whom it does not exist, as one of the users who see that one (XEP-0356 §6).</summary>
    private async Task<XElement?> AskAsync(string jid, string? node)
    {
        var query = new XElement(Query, node is null ? null : new XAttribute("node", node));
        var answer = await link.AskAsync("get", jid, query);
        if (!answer.Descendants(PepNames.Stanzas + "remote-server-not-found").Any())
        {
            return InfoOf(answer);
        }

        foreach (var owner in nodes.Owners)
        {
            if (await contacts.IsContactAsync(owner, PepNames.Bare(jid)))
            {
                Interlocked.Increment(ref _askedByPrivilege);
                var inner = new XElement(PepNames.Client + "iq", new XAttribute("type", "get"), new XAttribute("id", link.NewId()), new XAttribute("to", jid), query);
                return InfoOf((await link.AskAsync("get", owner, new XElement(PepNames.Privilege + "privileged_iq", inner))).Descendants(PepNames.Client + "iq").SingleOrDefault());
            }
        }

        return null;
    }

    private static XElement? InfoOf(XElement? answer) => (string?)answer?.Attribute("type") == "result" ? answer.Element(Query) : null;
}
