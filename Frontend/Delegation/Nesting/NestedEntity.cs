using System.Collections.Immutable;
using Krewe.Contracts.Hosts;
using Krewe.Frontend.Entities;

namespace Krewe.Frontend.Delegation.Nesting;

/// <param name="Host">The host that asks.</param>
internal sealed record NestingQuestion(string Host, string Namespace, bool IsBare);

/// <summary>One connected entity: what it has been asked, and what it is still to be asked. Used under the lock of <see cref="NestedDisco"/>.</summary>
internal sealed class NestedEntity(string address, string name, string ownerDomain)
{
    /// <summary>Questions that an entity has before it at a time, so that hosts by the thousand do not flood it.</summary>
    private const int UnderWayMax = 16;

    /// <summary>By host; the questions that were asked, or wait to be. One that is asked anew is another object.</summary>
    private readonly Dictionary<string, List<NestingQuestion>> _questions = new(StringComparer.Ordinal);
    private readonly Queue<NestingQuestion> _waiting = [];
    private int _underWay;

    /// <summary>Who is asked: the component's domain, or the user's full JID.</summary>
    public string Address { get; } = address;

    /// <summary>By which hosts are found that grant it something.</summary>
    public string Name { get; } = name;

    public string OwnerDomain { get; } = ownerDomain;

    public List<IEntityStream> Streams { get; } = [];

    /// <summary>Which generation of XEP-0355 it speaks.</summary>
    public int Generation { get; private set; }

    /// <summary>The hosts on whose behalf it has been asked, or is to be.</summary>
    public IEnumerable<string> Hosts => _questions.Keys;

    /// <summary>Whether it has been asked, or is to be, on behalf of a host.</summary>
    public bool Knows(string host) => _questions.ContainsKey(host);

    /// <summary>Everything is to be asked afresh.</summary>
    public void Begin(int generation)
    {
        Generation = generation;
        _questions.Clear();
        _waiting.Clear();
    }

    /// <summary>Takes what a host grants; what it does not grant any more is the result.</summary>
    public ImmutableArray<NestingQuestion> Plan(string host, IReadOnlySet<string> namespaces)
    {
        var known = _questions.GetValueOrDefault(host) ?? [];
        ImmutableArray<NestingQuestion> dropped = [.. known.Where(question => !namespaces.Contains(question.Namespace))];
        known.RemoveAll(dropped.Contains);
        foreach (var name in namespaces.Where(name => !known.Exists(question => question.Namespace == name)).ToArray())
        {
            NestingQuestion[] fresh = [new(host, name, IsBare: false), new(host, name, IsBare: true)];
            known.AddRange(fresh);
            Array.ForEach(fresh, _waiting.Enqueue);
        }

        if (known.Count > 0)
        {
            _questions[host] = known;
        }
        else
        {
            _questions.Remove(host);
        }

        return dropped;
    }

    /// <summary>The next question, and whom to ask, unless enough are under way.</summary>
    public (NestingQuestion Question, IEntityStream Stream)? TryTake()
    {
        while (_underWay < UnderWayMax && _waiting.TryDequeue(out var question))
        {
            if (IsCurrent(question) && Streams.Find(static stream => stream.IsOpen) is { } stream)
            {
                _underWay++;
                return (question, stream);
            }
        }

        return null;
    }

    /// <summary>A question is answered, or never will be; whether the answer is still wanted.</summary>
    /// <param name="isLost">The connection ended; another one is asked, if there is any.</param>
    public bool End(NestingQuestion question, bool isLost)
    {
        _underWay--;
        if (isLost && IsCurrent(question))
        {
            _waiting.Enqueue(question);
            return false;
        }

        return IsCurrent(question);
    }

    private bool IsCurrent(NestingQuestion question) =>
        _questions.TryGetValue(question.Host, out var known) && known.Exists(one => ReferenceEquals(one, question));
}
