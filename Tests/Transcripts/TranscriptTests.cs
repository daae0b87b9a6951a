using Krewe.Tests.Support;

namespace Krewe.Tests.Transcripts;

/// <summary>Every transcript, sent whole, where messages within the process take the local path.</summary>
public sealed class LocalPathTranscripts(LocalPathServer server) : TranscriptTests(server), IClassFixture<LocalPathServer>;

/// <summary>Every transcript, sent whole, where each message goes through its recipient's grain.</summary>
public sealed class GrainPathTranscripts(GrainPathServer server) : TranscriptTests(server), IClassFixture<GrainPathServer>;

/// <summary>Every transcript, each byte sent by itself.</summary>
public sealed class ByteByByteTranscripts(LocalPathServer server) : TranscriptTests(server, isByteByByte: true), IClassFixture<LocalPathServer>;

/// <summary>Every transcript over WebSocket, but for what cannot be said there.</summary>
public sealed class WebSocketTranscripts(LocalPathServer server) : IClassFixture<LocalPathServer>
{
    /// <summary>About TLS within the stream, its header's namespaces, bytes that no WebSocket lets through, or the listing of a TCP session.</summary>
    private static readonly string[] OfTcp =
    [
        "rfc6120/auth-features.xt", "rfc6120/encoding.xt", "rfc6120/sasl-plain-gated.xt", "rfc6120/session-ended.xt", "rfc6120/sni.xt", "rfc6120/starttls.xt", "rfc6120/starttls-twice.xt",
        "rfc6120/stream-declarations.xt", "rfc6120/stream-header-errors.xt", "xep/direct-tls.xt",
    ];

    public static TheoryData<string> All => [.. TranscriptTests.Names.Except(OfTcp)];

    [Theory]
    [MemberData(nameof(All))]
    public Task Transcript(string name) => TranscriptTests.RunAsync(server, name, isByteByByte: false, isWebSocket: true);
}

public abstract class TranscriptTests(TranscriptServer server, bool isByteByByte = false)
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Transcripts");

    public static TheoryData<string> All => [.. Names];

    public static IEnumerable<string> Names => [.. Directory.EnumerateFiles(Root, "*.xt", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(All))]
    public Task Transcript(string name) => RunAsync(server, name, isByteByByte, isWebSocket: false);

    internal static async Task RunAsync(TranscriptServer server, string name, bool isByteByByte, bool isWebSocket)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Root, name));
        await new TranscriptRunner(server.Krewe, TranscriptParser.Parse(name, text), isByteByByte, isWebSocket).RunAsync();
    }
}

/// <summary>One server for all transcripts of a class: a transcript has hosts of its own.</summary>
public abstract class TranscriptServer(bool useLocalPath) : IAsyncLifetime
{
    internal KreweServer Krewe { get; private set; } = null!;

    public async Task InitializeAsync() => Krewe = await KreweServer.StartAsync(useLocalPath);

    public Task DisposeAsync() => Krewe.DisposeAsync().AsTask();
}

public sealed class LocalPathServer() : TranscriptServer(useLocalPath: true);

public sealed class GrainPathServer() : TranscriptServer(useLocalPath: false);
