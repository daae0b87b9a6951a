using System.Collections.Concurrent;
using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Listeners;

/// <summary>
/// Which certificate a handshake gets: by SNI, then by the stream's <c>to</c>, else the default one (RFC 6120 §5.4.3.1, XEP-0368 §4). Certificates come from the operator's
/// folder and are read again when their files change; a domain without one gets one of our own making. Only domains that are served here have an entry, so that names
/// that clients invent fill neither memory nor disk.
/// </summary>
/// <param name="isServed">Whether a prepared domain is a host (or component) here.</param>
internal sealed partial class TlsCertificates(
    KreweOptions options,
    Func<string, ValueTask<bool>> isServed,
    TimeProvider time,
    ILogger<TlsCertificates> logger,
    int certificatesMax = TlsCertificates.CertificatesMax)
{
    /// <summary>The certificate for handshakes that name nobody we serve, where no default host is configured.</summary>
    internal const string NamelessDomain = "localhost";

    /// <summary>About 20 KB each with its context; one that fell out is read again at its next handshake.</summary>
    internal const int CertificatesMax = 2048;

    /// <summary>How often a certificate's files are looked at, at most.</summary>
    internal static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(2);

    private readonly CertificateFiles _files = new(options.CertificatesFolder);
    private readonly SelfSignedCertificates _selfSigned = new(Path.Combine(options.Data, "certificates"), time);
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly string _defaultDomain =
        options.DefaultHost is { } host && JidEnforcement.TryPrepareDomainpart(host, out var domain) ? domain : NamelessDomain;

    private readonly SemaphoreSlim _loading = new(Environment.ProcessorCount);

    internal int Count => _entries.Count;

    /// <param name="sni">As in the ClientHello, with A-labels; null or empty without one.</param>
    /// <param name="streamTo">The stream header's <c>to</c> before STARTTLS; null where there was none.</param>
    internal async ValueTask<ServerCertificate> SelectAsync(string? sni, string? streamTo)
    {
        var domain = await ServedAsync(sni) ?? await ServedAsync(streamTo) ?? _defaultDomain;
        if (!_entries.TryGetValue(domain, out var entry))
        {
            if (_entries.Count >= certificatesMax)
            {
                DropLeastUsed();
            }

            entry = _entries.GetOrAdd(domain, name => new Entry(name));
        }

        entry.LastUsed = time.GetTimestamp();
        if (entry.Current is { } current && time.GetElapsedTime(entry.CheckedAt) < CheckEvery)
        {
            return current;
        }

        return await RefreshAsync(entry);
    }

    private async ValueTask<string?> ServedAsync(string? name) =>
        !string.IsNullOrEmpty(name) && JidEnforcement.TryPrepareDomainpart(name, out var domain) && await isServed(domain) ? domain : null;

    /// <summary>One handshake of a domain looks at the files; while it does so, the others take what there is.</summary>
    private async ValueTask<ServerCertificate> RefreshAsync(Entry entry)
    {
        if (entry.Current is { } current)
        {
            if (!entry.Gate.Wait(0))
            {
                return current;
            }
        }
        else
        {
            await entry.Gate.WaitAsync();
        }

        try
        {
            if (entry.Current is null || time.GetElapsedTime(entry.CheckedAt) >= CheckEvery)
            {
                await _loading.WaitAsync();
                try
                {
                    await LoadAsync(entry);
                }
                finally
                {
                    _loading.Release();
                }
            }

            return entry.Current!;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    private async Task LoadAsync(Entry entry)
    {
        // Operators name files as they read the domain or as DNS has it.
        var name = entry.Domain;
        var stamp = _files.Stamp(name);
        if (stamp is null && JidEnforcement.DomainToAscii(entry.Domain) is { } ascii && ascii != name)
        {
            name = ascii;
            stamp = _files.Stamp(name);
        }

        if (stamp is not null && stamp != entry.Stamp)
        {
            entry.Stamp = stamp;
            await TryReadAsync(entry, name);
        }

        if (entry.Current is null || (entry.IsSelfSigned && _selfSigned.IsEnding(entry.Current.Certificate)))
        {
            entry.Current = await _selfSigned.ReadAsync(entry.Domain) ?? await _selfSigned.CreateAsync(entry.Domain);
            entry.IsSelfSigned = true;
            LogSelfSigned(logger, entry.Domain);
        }

        entry.CheckedAt = time.GetTimestamp();
    }

    private async Task TryReadAsync(Entry entry, string name)
    {
        try
        {
            var read = await _files.ReadAsync(name);
            if (!read.Covers(entry.Domain))
            {
                LogNotCovering(logger, entry.Domain);
            }

            entry.Current = read;
            entry.IsSelfSigned = false;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The stamp is remembered: the same files are not tried again, and a half-written pair is complete at one of the next looks.
            LogBroken(logger, entry.Domain, exception);
        }
    }

    /// <summary>An eighth at once, so that a full table is not sorted at every handshake. Handshakes under way keep what they hold.</summary>
    private void DropLeastUsed()
    {
        foreach (var entry in _entries.Values.OrderBy(entry => entry.LastUsed).Take(Math.Max(certificatesMax / 8, 1)))
        {
            _entries.TryRemove(entry.Domain, out _);
        }
    }

    [LoggerMessage(2201, LogLevel.Warning, "No certificate for {Domain}: its clients get a self-signed one. Put {Domain}.crt and .key into the certificates folder")]
    private static partial void LogSelfSigned(ILogger logger, string domain);

    [LoggerMessage(2202, LogLevel.Warning, "The certificate files of {Domain} cannot be used; what was used before stays")]
    private static partial void LogBroken(ILogger logger, string domain, Exception exception);

    [LoggerMessage(2203, LogLevel.Warning, "The certificate of {Domain} does not name it: clients will refuse it")]
    private static partial void LogNotCovering(ILogger logger, string domain);

    private sealed class Entry(string domain)
    {
        internal string Domain => domain;

        internal SemaphoreSlim Gate { get; } = new(1);

        internal volatile ServerCertificate? Current;

        internal bool IsSelfSigned { get; set; }

        internal CertificateStamp? Stamp { get; set; }

        internal long CheckedAt { get; set; }

        internal long LastUsed { get; set; }
    }
}
