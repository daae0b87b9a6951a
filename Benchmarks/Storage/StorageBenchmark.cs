using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Krewe.Contracts.Accounts;
using Krewe.Grains.Accounts;
using Krewe.Grains.Storage;

namespace Krewe.Benchmarks.Storage;

/// <summary>Acknowledged writes of an account to the disk, by writers that each wait for theirs: group commit is what 64 gain over 1.</summary>
[Config(typeof(Config)), MemoryDiagnoser]
public class StorageBenchmark
{
    private const int WritesPerWriter = 64;

    private static readonly byte[] Json = GrainStateSerializer.Serialize(new AccountState
    {
        Scram = ImmutableArray.Create(
            new ScramCredentials(ScramHash.Sha1, new byte[16], 10_000, new byte[20], new byte[20]),
            new ScramCredentials(ScramHash.Sha256, new byte[16], 10_000, new byte[32], new byte[32]),
            new ScramCredentials(ScramHash.Sha512, new byte[16], 10_000, new byte[64], new byte[64])),
    });

    private string _folder = "";
    private SqliteDatabase _database = null!;
    private long _next;

    [GlobalSetup]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("krewe-benchmark-").FullName;
        _database = SqliteDatabase.Open(_folder);
    }

    [GlobalCleanup]
    public void Close()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = WritesPerWriter)]
    public Task OneWriter() => WriteAsync();

    [Benchmark(OperationsPerInvoke = 64 * WritesPerWriter)]
    public Task SixtyFourWriters() => Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(WriteAsync)));

    /// <summary>The disk decides, and varies: a few runs say as much as many, which would only fill it.</summary>
    private sealed class Config : ManualConfig
    {
        public Config() => AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
    }

    private async Task WriteAsync()
    {
        for (var i = 0; i < WritesPerWriter; i++)
        {
            var key = $"user{Interlocked.Increment(ref _next)}@verona.localhost";
            await _database.Writer.WriteAsync(new(new("accounts", "account", key), null, Json));
        }
    }
}
