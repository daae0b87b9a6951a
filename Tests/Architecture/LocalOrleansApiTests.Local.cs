namespace Krewe.Tests.Architecture;

public sealed partial class LocalOrleansApiTests
{
    [Fact]
    public void Record_OfThePublicApi_IsWhatTheAssemblyHas()
    {
        var actual = PublicSignatures.Of(typeof(Grain).Assembly);
        var written = Path.Combine(AppContext.BaseDirectory, "PublicApi.txt");
        File.WriteAllLines(written, actual);

        var recorded = Recorded;
        var differences = actual.Except(recorded).Select(line => $"+ {line}").Concat(recorded.Except(actual).Select(line => $"- {line}")).ToArray();
        Assert.True(differences.Length == 0, $"{RecordPath} is not {written}:\n{string.Join('\n', differences)}");
    }
}
