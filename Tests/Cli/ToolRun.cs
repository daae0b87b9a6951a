using System.Text.Json.Nodes;
using Krewe.Cli;
using Krewe.Tests.Http;

namespace Krewe.Tests.Cli;

/// <summary>What one run of the tool came to.</summary>
internal sealed record ToolRun(int Code, string Output, string Errors)
{
    public JsonNode Json => JsonNode.Parse(Output)!;

    public static Task<ToolRun> OfAsync(Uri url, string token, params string[] args) => OfAsync(Settings(url, token), args);

    /// <param name="input">Standard input.</param>
    /// <param name="answers">What a person answers to one question after the other; null for nobody there.</param>
    public static async Task<ToolRun> OfAsync(Func<string, string?> settings, string[] args, string input = "", string[]? answers = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        var left = new Queue<string>(answers ?? []);
        string? Answer(string question)
        {
            errors.WriteLine(question);
            return left.TryDequeue(out var answer) ? answer : null;
        }

        var code = await KreweCommand.RunAsync(args, new Surroundings(output, errors, new StringReader(input), settings) { Ask = Answer, AskSecret = Answer });
        return new(code, output.ToString(), errors.ToString());
    }

    public static Func<string, string?> Settings(Uri url, string token) => name => name switch
    {
        "KREWE_URL" => url.ToString(),
        "KREWE_TOKEN" => token,
        _ => null,
    };

    internal static Task<ToolRun> OfAsync(ApiFixture api, params string[] args) => OfAsync(api.Client.BaseAddress!, ApiFixture.ProviderToken, args);
}
