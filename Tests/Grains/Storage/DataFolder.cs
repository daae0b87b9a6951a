using Krewe.Contracts.Hosting;
using Krewe.Grains.Storage;
using Microsoft.Data.Sqlite;

namespace Krewe.Tests.Grains.Storage;

/// <summary>A data folder of a test's own, gone with the test.</summary>
internal sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("krewe-test-").FullName;

    public string File => System.IO.Path.Combine(Path, SqliteDatabase.FileName);

    public KreweOptions Options => new() { Data = Path, AdminToken = "unused" };

    public SqliteDatabase Open() => SqliteDatabase.Open(Path);

    /// <summary>A connection beside the storage's own, for what an operator's tool could do.</summary>
    public SqliteConnection Connect()
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        return connection;
    }

    public object? Scalar(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>What a dead process leaves: the file and its log, without anything that closing would have done.</summary>
    public DataFolder CopyAsAfterKill()
    {
        var copy = new DataFolder();
        System.IO.File.Copy(File, copy.File);
        System.IO.File.Copy($"{File}-wal", $"{copy.File}-wal");
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
