using System.Collections.Immutable;
using Krewe.Contracts.Addressing;

namespace Krewe.Frontend.Delegation.ClientMode;

/// <summary>What a user was asked on behalf of a component (XEP-0355 §5.1).</summary>
/// <param name="Challenge">By which the answer is known.</param>
/// <param name="AskedAt">As a timestamp.</param>
internal sealed record DelegationQuestion(string Challenge, Jid User, string Component, ImmutableArray<string> Namespaces, long AskedAt);

/// <summary>The questions that may still be answered, of all users. However many there are, one more costs the same.</summary>
internal sealed class OpenQuestions(TimeProvider time)
{
    private readonly Lock _gate = new();

    /// <summary>All are open for equally long, so the first are the first to go.</summary>
    private readonly LinkedList<DelegationQuestion> _byAge = [];
    private readonly Dictionary<string, LinkedListNode<DelegationQuestion>> _byChallenge = new(StringComparer.Ordinal);
    private readonly Dictionary<Jid, List<LinkedListNode<DelegationQuestion>>> _ofUsers = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byAge.Count;
            }
        }
    }

    /// <summary>In place of what the same component asked before. False when the user, or everybody together, has too many before them.</summary>
    public bool TryOpen(DelegationQuestion question)
    {
        lock (_gate)
        {
            while (_byAge.First is { } oldest && IsOld(oldest.Value))
            {
                Remove(oldest);
            }

            if (_ofUsers.GetValueOrDefault(question.User)?.Find(one => one.Value.Component == question.Component) is { } before)
            {
                Remove(before);
            }

            var ofUser = _ofUsers.GetValueOrDefault(question.User) ?? [];
            if (_byAge.Count >= DelegationRequests.OpenMax || ofUser.Count >= DelegationRequests.OfUserMax)
            {
                return false;
            }

            var node = _byAge.AddLast(question);
            _byChallenge.Add(question.Challenge, node);
            ofUser.Add(node);
            _ofUsers[question.User] = ofUser;
            return true;
        }
    }

    /// <summary>The question, which nobody can answer a second time; null when there is none of that user's.</summary>
    public DelegationQuestion? TryClose(string challenge, Jid user)
    {
        lock (_gate)
        {
            if (!_byChallenge.TryGetValue(challenge, out var node) || !node.Value.User.Equals(user))
            {
                return null;
            }

            Remove(node);
            return IsOld(node.Value) ? null : node.Value;
        }
    }

    private void Remove(LinkedListNode<DelegationQuestion> node)
    {
        var question = node.Value;
        _byAge.Remove(node);
        _byChallenge.Remove(question.Challenge);
        var ofUser = _ofUsers[question.User];
        ofUser.Remove(node);
        if (ofUser.Count == 0)
        {
            _ofUsers.Remove(question.User);
        }
    }

    private bool IsOld(DelegationQuestion question) => time.GetElapsedTime(question.AskedAt) >= DelegationRequests.AnswerWithin;
}
