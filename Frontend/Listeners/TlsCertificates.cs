using System.Collections.Concurrent;
using System.Security.Cryptography;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Certificates;
using Krewe.Contracts.Hosting;
using Krewe.Frontend.Http;
using Microsoft.Extensions.Logging;

namespace Krewe.Frontend.Listeners;

/// <summary>
/// Which certificate a handshake gets: by SNI, then by the stream's <c>to</c>, else the default one (RFC 6120 §5.4.3.1, XEP-0368 §4). For each domain it is the one that was put
/// through the API, as long as that is in its time; else the one in the operator's folder, which is read again when its files change; else the API's, though it ended; else one of our
/// own making. Only domains that are served here have an entry, so that names that clients invent fill neither memory nor disk.
/// </summary>
/// <param name="isServed">Whether a prepared domain is a host (or component) here.</param>
/// <param name="fromApi">Asks for a host's certificate of record, given the version that is known here.</param>
internal sealed partial class TlsCertificates(
    KreweOptions options,
    Func<string, ValueTask<bool>> isServed,
    Func<string, long, Task<HostCertificateAnswer>> fromApi,
    TimeProvider time,
    ILogger<TlsCertificates> logger,
    int certificatesMax = TlsCertificates.CertificatesMax)
{
    /// <summary>The certificate for handshakes that name nobody we serve, where no default host is configured.</summary>
    internal const string NamelessDomain = "localhost";

    /// <summary>About 20 KB each with its context; one that fell out is read again at its next handshake.</summary>
    internal const int CertificatesMax = 2048;

    /// <summary>How often it is looked for another one, at most: so late another process notices what was put in one.</summary>
    internal static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    private readonly CertificateFiles _files = new(options.CertificatesFolder);
    private readonly SelfSignedCertificates _selfSigned = new(Path.Combine(options.Data, "certificates"), time);
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly string _defaultDomain =
        options.DefaultHost is { } host && JidEnforcement.TryPrepareDomainpart(host, out var domain) ? domain : NamelessDomain;

    private readonly SemaphoreSlim _loading = new(Environment.ProcessorCount);

    internal int Count => _entries.Count;

    /// <summary>What handshakes of the domains that had some get, in no order.</summary>
    internal IEnumerable<(string Domain, ServerCertificate Certificate)> InUse =>
        _entries.Values.Where(entry => entry.Current is not null).Select(entry => (entry.Domain, entry.Current!));

    /// <param name="sni">As in the ClientHello, with A-labels; null or empty without one.</param>
    /// <param name="streamTo">The stream header's <c>to</c> before STARTTLS; null where there was none.</param>
    internal async ValueTask<ServerCertificate> SelectAsync(string? sni, string? streamTo)
    {
        var entry = EntryOf(await ServedAsync(sni) ?? await ServedAsync(streamTo) ?? _defaultDomain);
        return entry.Current is { } current && time.GetElapsedTime(entry.CheckedAt) < CheckEvery ? current : await RefreshAsync(entry);
    }

    /// <summary>Looks for another one now, behind whoever is looking: each later handshake of the host gets what is found.</summary>
    /// <param name="host">A host that is served here.</param>
    /// <returns>What handshakes get, and what was put through the API, whether or not it is the same.</returns>
    internal async Task<(ServerCertificate InUse, ServerCertificate? FromApi)> ReloadAsync(string host)
    {
        var entry = EntryOf(host);
        await entry.Gate.WaitAsync();
        try
        {
            await LoadAsync(entry);
            return (entry.Current!, entry.Api);
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>The host is removed: whoever gets its domain next begins without its certificates.</summary>
    internal void Forget(string host) => _entries.TryRemove(host, out _);

    private Entry EntryOf(string domain)
    {
        if (!_entries.TryGetValue(domain, out var entry))
        {
            if (_entries.Count >= certificatesMax)
            {
                DropLeastUsed();
            }

            entry = _entries.GetOrAdd(domain, name => new Entry(name));
        }

        entry.LastUsed = time.GetTimestamp();
        return entry;
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
                await LoadAsync(entry);
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
        var answer = await AskAsync(entry);
        await _loading.WaitAsync();
        try
        {
            if (answer is not null && answer.Version != entry.ApiVersion)
            {
                entry.ApiVersion = answer.Version;
                entry.Api = answer.Certificate is { } certificate ? Open(entry.Domain, certificate) : null;
            }

            await ReadFilesAsync(entry);
            entry.Current = entry.Api is { } api && api.IsValidAt(time.GetUtcNow()) ? api : entry.File ?? entry.Api ?? await SelfSignedAsync(entry);
            entry.CheckedAt = time.GetTimestamp();
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Null when there is no answer, and something to go on with.</summary>
    private async Task<HostCertificateAnswer?> AskAsync(Entry entry)
    {
        var asking = fromApi(entry.Domain, entry.ApiVersion);
        await ((Task)asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!asking.IsCompletedSuccessfully && entry.Current is not null)
        {
            LogNotAsked(logger, entry.Domain, asking.Exception?.InnerException);
            return null;
        }

        // Without anything to go on with, a handshake fails rather than show a stranger's face in place of the host's own.
        return await asking;
    }

    private ServerCertificate? Open(string domain, HostCertificate stored)
    {
        var problems = new List<ProblemPlace>();
        if (CertificatePem.Read(stored.Chain, stored.Key, problems) is { } pem)
        {
            return new ServerCertificate(pem.Leaf, CertificateSource.Api, pem.Intermediates);
        }

        LogUnreadable(logger, domain, string.Join("; ", problems.Select(problem => $"{problem.Path} {problem.Message}")));
        return null;
    }

    private async Task ReadFilesAsync(Entry entry)
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
    }

    private async Task<ServerCertificate> SelfSignedAsync(Entry entry)
    {
        if (entry.SelfSigned is { } made && !_selfSigned.IsEnding(made.Certificate))
        {
            return made;
        }

        entry.SelfSigned = await _selfSigned.ReadAsync(entry.Domain) ?? await _selfSigned.CreateAsync(entry.Domain);
        LogSelfSigned(logger, entry.Domain);
        return entry.SelfSigned;
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

            entry.File = read;
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

    [LoggerMessage(2204, LogLevel.Warning, "It cannot be asked whether {Domain} has another certificate; what was used before stays")]
    private static partial void LogNotAsked(ILogger logger, string domain, Exception? exception);

    [LoggerMessage(2205, LogLevel.Error, "The stored certificate of {Domain} cannot be used: {Problems}")]
    private static partial void LogUnreadable(ILogger logger, string domain, string problems);

    private sealed class Entry(string domain)
    {
        internal string Domain => domain;

        internal SemaphoreSlim Gate { get; } = new(1);

        internal volatile ServerCertificate? Current;

        internal ServerCertificate? Api { get; set; }

        internal long ApiVersion { get; set; }

        internal ServerCertificate? File { get; set; }

        internal ServerCertificate? SelfSigned { get; set; }

        internal CertificateStamp? Stamp { get; set; }

        internal long CheckedAt { get; set; }

        internal long LastUsed { get; set; }
    }
}
