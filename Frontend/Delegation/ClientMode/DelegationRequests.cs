using System.Collections.Immutable;
using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Routing;
using Krewe.Frontend.Streams;
using Krewe.Frontend.Xml;

namespace Krewe.Frontend.Delegation.ClientMode;

/// <summary>
/// What components have asked of users (XEP-0355 §5.1) and nobody has answered yet. Each question has a challenge that only the user who was asked can use, once, within
/// <see cref="AnswerWithin"/>; of one component a user has one question at a time.
/// </summary>
internal sealed class DelegationRequests(IGrainFactory grains, LocalRoutes routes, ClientGrants granted, TimeProvider time)
{
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(10);

    /// <summary>Questions that one user has before him.</summary>
    public const int OfUserMax = 8;

    /// <summary>Of all users of this process.</summary>
    public const int OpenMax = 10_000;

    /// <summary>128 random bits.</summary>
    private const int ChallengeBytes = 16;

    private readonly OpenQuestions _open = new(time);

    /// <summary>How many wait for an answer.</summary>
    public int Count => _open.Count;

    /// <summary>
    /// Asks a user. Null when that was done, and also when there is no such user, or none who is there: who asks learns nothing of it. Only a user who is there is asked, as the
    /// question does not last.
    /// </summary>
    public async Task<StanzaError?> AskAsync(string host, Jid user, string component, ImmutableArray<string> namespaces)
    {
        if (routes.IsSurelyOffline(user.Bare))
        {
            return null;
        }

        var challenge = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(ChallengeBytes));
        if (!_open.TryOpen(new DelegationQuestion(challenge, user, component, namespaces, time.GetTimestamp())))
        {
            return StanzaError.ResourceConstraint;
        }

        if (await grains.Sessions(user).RouteAsync(DelegationMessages.Question(host, user, component, challenge, namespaces)) != RouteOutcome.Delivered)
        {
            _open.TryClose(challenge, user);
        }

        return null;
    }

    /// <summary>Whether a message to the host was an answer to such a question; what is wrong with it the sender is told here.</summary>
    public async Task<bool> TryTakeAsync(C2SStream stream, StanzaFrame message)
    {
        if (message.Type == StanzaType.Error || message.To is not { IsDomain: true } || message.To.Bare != stream.Domain
            || FormOf(message.Xml.Span) is not { Type: DataFormType.Submit or DataFormType.Cancel } form
            || form.Find(DelegationMessages.Challenge) is not { Values: [var challenge] })
        {
            return false;
        }

        var user = stream.Self!.ToBare();
        if (_open.TryClose(challenge, user) is not { } question)
        {
            StanzaErrorWriter.Refuse(stream, message, StanzaError.ItemNotFound);
            return true;
        }

        string[] allowed = form.Type == DataFormType.Cancel ? [] : [.. question.Namespaces.Where(name => form.Find(name) is { Values: ["1"] })];
        if (allowed.Length > 0 && !await granted.ChangeAsync(user, grants => With(grants, user, question.Component, allowed, stream.Session)))
        {
            StanzaErrorWriter.Refuse(stream, message, StanzaError.ResourceConstraint);
        }

        return true;
    }

    /// <summary>Of two components the last that was allowed has a namespace. One that is kept is not made one of the session.</summary>
    private static ImmutableArray<ClientGrant> With(ImmutableArray<ClientGrant> grants, Jid user, string component, string[] allowed, long session)
    {
        var others = grants.RemoveAll(grant => allowed.Contains(grant.Namespace) && grant.Component != component);
        var fresh = allowed.Where(name => !others.Any(grant => grant.Namespace == name && grant.Session is null));
        return
        [
            .. others.Where(grant => !(allowed.Contains(grant.Namespace) && grant.Session is not null)),
            .. fresh.Select(name => new ClientGrant(user, component, name, session)),
        ];
    }

    private static DataForm? FormOf(ReadOnlySpan<byte> message)
    {
        var reader = new XmlElementReader(message);
        while (reader.ReadToNextChild())
        {
            if (reader.Is("x"u8, "jabber:x:data"u8))
            {
                return DataForm.TryRead(ref reader, out var form) ? form : null;
            }
        }

        return null;
    }
}
