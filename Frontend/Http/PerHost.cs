namespace Krewe.Frontend.Http;

/// <summary>How many of something go on at a time for each host. May be used by any thread.</summary>
internal sealed class PerHost(int most)
{
    private readonly Dictionary<string, int> _underWay = new(StringComparer.Ordinal);

    /// <summary>Of how many hosts something goes on.</summary>
    public int Count
    {
        get
        {
            lock (_underWay)
            {
                return _underWay.Count;
            }
        }
    }

    /// <summary>Whether so many more may begin; then <see cref="End"/> must follow.</summary>
    public bool TryBegin(string domain, int count = 1)
    {
        lock (_underWay)
        {
            var underWay = _underWay.GetValueOrDefault(domain) + count;
            if (underWay > most)
            {
                return false;
            }

            if (underWay > 0)
            {
                _underWay[domain] = underWay;
            }

            return true;
        }
    }

    public void End(string domain, int count = 1)
    {
        lock (_underWay)
        {
            if (_underWay.GetValueOrDefault(domain) - count is > 0 and var rest)
            {
                _underWay[domain] = rest;
            }
            else
            {
                _underWay.Remove(domain);
            }
        }
    }
}
