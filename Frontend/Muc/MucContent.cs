using Krewe.Contracts.Muc;

namespace Krewe.Frontend.Muc;

/// <summary>Which children a stanza to a room has, of those that make a difference.</summary>
[Flags]
internal enum MucChildren : byte
{
    None = 0,
    Subject = 1,
    Body = 2,

    /// <summary><c>{http://jabber.org/protocol/muc}x</c>: whoever sends it wants to enter.</summary>
    Join = 4,

    /// <summary><c>{http://jabber.org/protocol/muc#user}x</c>: an invitation, or the answer to one.</summary>
    User = 8,

    /// <summary>A data form (XEP-0004).</summary>
    Form = 16,

    /// <summary>XEP-0199.</summary>
    Ping = 32,
}

/// <summary>The inside of a stanza to a room.</summary>
/// <param name="Payload">Without what only the room may say.</param>
internal readonly record struct MucContent(MucPayload Payload, MucChildren Children)
{
    /// <summary>XEP-0045 §8.1: a message with a subject and no body.</summary>
    public bool IsSubject => (Children & (MucChildren.Subject | MucChildren.Body)) == MucChildren.Subject;

    public bool Has(MucChildren children) => (Children & children) != 0;
}
