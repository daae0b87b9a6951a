using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Xml.Linq;

namespace Krewe.Tests.Pep;

/// <summary>Who may see what a user publishes: those with a subscription to the user's presence, by rosters that are read, and kept, by privilege (XEP-0356 §4).</summary>
internal sealed class PepContacts(ComponentLink link)
{
    private readonly Dictionary<string, Task<ConcurrentDictionary<string, string>>> _rosters = new(StringComparer.Ordinal);

    public async Task<bool> MaySeeAsync(string owner, string jid) => PepNames.Bare(jid) == owner || await IsContactAsync(owner, PepNames.Bare(jid));

    /// <summary>Takes a push; the contact's subscription, and what it was.</summary>
    public async Task<(string Contact, bool Gained)> PushAsync(string owner, XElement query)
    {
        var item = query.Elements().Single();
        var contact = (string)item.Attribute("jid")!;
        if (!Known(owner, out var known))
        {
            return (contact, false);
        }

        var roster = await known;
        var before = IsFrom(roster.GetValueOrDefault(contact));
        roster[contact] = (string?)item.Attribute("subscription") ?? "none";
        return (contact, !before && IsFrom(roster[contact]));
    }

    public async Task<bool> IsContactAsync(string owner, string bare)
    {
        if (!Known(owner, out var asked))
        {
            lock (_rosters)
            {
                if (!_rosters.TryGetValue(owner, out asked))
                {
                    _rosters[owner] = asked = ReadAsync(owner);
                }
            }
        }

        return IsFrom((await asked).GetValueOrDefault(bare));
    }

    private bool Known(string owner, [NotNullWhen(true)] out Task<ConcurrentDictionary<string, string>>? roster)
    {
        lock (_rosters)
        {
            return _rosters.TryGetValue(owner, out roster);
        }
    }

    private async Task<ConcurrentDictionary<string, string>> ReadAsync(string owner)
    {
        var answer = await link.AskAsync("get", owner, new XElement(PepNames.Roster + "query"));
        return new(
            answer.Descendants(PepNames.Roster + "item").Select(item => KeyValuePair.Create((string)item.Attribute("jid")!, (string?)item.Attribute("subscription") ?? "none")),
            StringComparer.Ordinal);
    }

    private static bool IsFrom(string? subscription) => subscription is "both" or "from";
}
