using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Krewe.Contracts.Addressing;

/// <summary>
/// An XMPP address (RFC 7622): <c>[localpart@]domainpart[/resourcepart]</c>, always in its prepared form.
/// Two addresses are equal when their prepared octets are (RFC 7622 §3.3.2, §3.4.2). Never holds an unprepared string.
/// </summary>
[GenerateSerializer, Immutable, Alias("jid")]
public sealed class Jid : IEquatable<Jid>, IComparable<Jid>
{
    /// <summary>Three parts of 1023 octets and two separators (RFC 7622 §3.1).</summary>
    public const int BytesMax = (3 * JidEnforcement.PartBytesMax) + 2;

    /// <summary>Longer addresses are not looked at on the short way; none that people type is.</summary>
    private const int ShortCharsMax = 256;

    [Id(0)]
    private readonly string _bare;

    [Id(1)]
    private readonly string? _resourcepart;

    /// <summary>Made at first use; not part of the value, and null in a copy from another process.</summary>
    [NonSerialized]
    private string? _domainpart;

    private Jid(string bare, string? resourcepart)
    {
        _bare = bare;
        _resourcepart = resourcepart;
    }

    /// <summary>The address without resourcepart, as a string; also the key of the user's grains.</summary>
    public string Bare => _bare;

    public string? Localpart => _bare.IndexOf('@') is var at && at > 0 ? _bare[..at] : null;

    public string Domainpart => _domainpart ??= _bare.IndexOf('@') is var at && at < 0 ? _bare : _bare[(at + 1)..];

    public string? Resourcepart => _resourcepart;

    /// <summary><see cref="Localpart"/> without a string of its own; empty when there is none.</summary>
    public ReadOnlySpan<char> LocalpartSpan => _bare.IndexOf('@') is var at && at > 0 ? _bare.AsSpan(0, at) : default;

    /// <summary><see cref="Domainpart"/> without a string of its own.</summary>
    public ReadOnlySpan<char> DomainpartSpan => _bare.AsSpan(_bare.IndexOf('@') + 1);

    public bool IsBare => _resourcepart is null;

    /// <summary>True for an address that is only a domainpart.</summary>
    public bool IsDomain => _resourcepart is null && !_bare.Contains('@');

    public bool HasLocalpart => _bare.Contains('@');

    public Jid ToBare() => _resourcepart is null ? this : new Jid(_bare, null);

    /// <summary>The same account with a resourcepart that is already prepared (for example one bound before).</summary>
    public Jid WithPreparedResource(string resourcepart) => new(_bare, resourcepart);

    /// <summary>Parses and prepares an address; false when RFC 7622 forbids it.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Jid? jid)
    {
        jid = null;
        if (string.IsNullOrEmpty(text) || text.Length > JidEnforcement.UnpreparedCharsMax)
        {
            return false;
        }

        Span<byte> ascii = stackalloc byte[ShortCharsMax];
        if (text.Length <= ShortCharsMax
            && Ascii.FromUtf16(text, ascii, out var length) == System.Buffers.OperationStatus.Done
            && AsciiJid.IsPrepared(ascii[..length], out var slash))
        {
            jid = slash < 0 ? new Jid(text, null) : new Jid(text[..slash], text[(slash + 1)..]);
            return true;
        }

        return TryPrepare(text, out jid);
    }

    /// <summary>The same for octets as a stream carries them; octets that are not UTF-8 are no address.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out Jid? jid)
    {
        if (AsciiJid.IsPrepared(utf8, out var slash))
        {
            jid = slash < 0
                ? new Jid(Encoding.ASCII.GetString(utf8), null)
                : new Jid(Encoding.ASCII.GetString(utf8[..slash]), Encoding.ASCII.GetString(utf8[(slash + 1)..]));
            return true;
        }

        jid = null;
        return utf8.Length <= JidEnforcement.UnpreparedCharsMax && Utf8.IsValid(utf8) && TryPrepare(Encoding.UTF8.GetString(utf8), out jid);
    }

    /// <summary>Parses an address that is known to be valid; throws <see cref="FormatException"/> otherwise.</summary>
    public static Jid Parse(string text) => TryParse(text, out var jid) ? jid : throw new FormatException("not a JID (RFC 7622)");

    public bool Equals(Jid? other) => other is not null && _bare == other._bare && _resourcepart == other._resourcepart;

    public override bool Equals(object? obj) => obj is Jid other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_bare, _resourcepart);

    public int CompareTo(Jid? other) =>
        string.CompareOrdinal(_bare, other?._bare) is var bare && bare != 0 ? bare : string.CompareOrdinal(_resourcepart, other?._resourcepart);

    public override string ToString() => _resourcepart is null ? _bare : $"{_bare}/{_resourcepart}";

    private static bool TryPrepare(string text, [NotNullWhen(true)] out Jid? jid)
    {
        jid = null;

        // RFC 7622 §3.2: the first '/' ends the bare part, the first '@' before it ends the localpart; only then are the parts prepared,
        // so that no mapping can move a separator.
        var slash = text.IndexOf('/');
        var bare = slash < 0 ? text : text[..slash];
        var at = bare.IndexOf('@');
        string? resource = null, local = null;
        if ((slash >= 0 && !JidEnforcement.TryPrepareResourcepart(text[(slash + 1)..], out resource))
            || (at >= 0 && !JidEnforcement.TryPrepareLocalpart(bare[..at], out local))
            || !JidEnforcement.TryPrepareDomainpart(bare[(at + 1)..], out var domain))
        {
            return false;
        }

        jid = new Jid(local is null ? domain : $"{local}@{domain}", resource);
        return true;
    }
}
