using System.Xml.Linq;

namespace Krewe.Tests.Pep;

/// <summary>What a host says to a service before it can begin: its privileges, what it is delegated, and a question or two about each namespace (XEP-0356 §4.2, XEP-0355 §4.2, §7.2).</summary>
internal sealed class PepGreeting
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isPrivileged;
    private int? _expected;
    private int _asked;

    public Task Done => _done.Task;

    public void Privileged()
    {
        _isPrivileged = true;
        Review();
    }

    public void Delegated(XElement delegation)
    {
        // About the host and about its accounts; the names that stand for certain requests are no namespaces.
        _expected = 2 * delegation.Elements().Count(grant => !((string)grant.Attribute("namespace")!).StartsWith("urn:xmpp:delegation:", StringComparison.Ordinal));
        Review();
    }

    public void Asked()
    {
        _asked++;
        Review();
    }

    private void Review()
    {
        if (_isPrivileged && _asked == _expected)
        {
            _done.TrySetResult();
        }
    }
}
