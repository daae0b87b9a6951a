using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>One run of one command: what it was given, and how it says things. With <c>--json</c> standard output carries JSON and nothing else.</summary>
internal sealed class Invocation(Surroundings surroundings, ParseResult parsed, bool isJson, CancellationToken cancellation) : IDisposable
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions OnOneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private ApiClient? _api;

    public ApiClient Api => _api ??= new ApiClient(surroundings.Setting);

    public Surroundings Surroundings => surroundings;

    public CancellationToken Cancellation => cancellation;

    public bool IsJson => isJson;

    public TextWriter Output => surroundings.Output;

    public TextWriter Errors => surroundings.Errors;

    public string this[Argument<string> argument] => parsed.GetValue(argument)!;

    public T? Get<T>(Argument<T> argument) => parsed.GetValue(argument);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public void Dispose() => _api?.Dispose();

    /// <summary>That it is done: a word, or an object with it.</summary>
    public int Done(string word, JsonObject? more = null)
    {
        if (!isJson)
        {
            Output.WriteLine(word);
            return ExitCodes.Done;
        }

        var result = more ?? [];
        result.Insert(0, "result", word);
        return Show(result);
    }

    /// <summary>A document, which is JSON to people too.</summary>
    public int Show(JsonNode document)
    {
        Output.WriteLine(document.ToJsonString(Indented));
        return ExitCodes.Done;
    }

    /// <summary>An object, for people as lines of a name and a value.</summary>
    public int ShowFields(JsonNode found)
    {
        if (isJson)
        {
            return Show(found);
        }

        (string Name, string Value)[] fields = [.. Fields.Of(found)];
        var width = fields.Length > 0 ? fields.Max(field => field.Name.Length) : 0;
        foreach (var (name, value) in fields)
        {
            Output.WriteLine($"{name.PadRight(width)}  {value}");
        }

        return ExitCodes.Done;
    }

    /// <summary>A list of the API's, to its end, as it comes.</summary>
    public async Task<int> ListAsync(string path, params Column[] columns)
    {
        if (!isJson)
        {
            var table = new Table(Output, columns);
            await foreach (var page in Api.PagesAsync(path, cancellation))
            {
                table.Write(page);
            }

            return ExitCodes.Done;
        }

        // What has come is out before the next page is asked for, and an end in the middle is no JSON.
        var separator = "[";
        await foreach (var page in Api.PagesAsync(path, cancellation))
        {
            foreach (var item in page)
            {
                Output.Write(separator);
                Output.Write($"\n  {item.ToJsonString(OnOneLine)}");
                separator = ",";
            }
        }

        Output.WriteLine(separator == "[" ? "[]" : "\n]");
        return ExitCodes.Done;
    }

    /// <summary>A call that changes something.</summary>
    public Task<(int Status, JsonNode? Answer)> CallAsync(HttpMethod method, string path, JsonNode? body = null) =>
        Api.CallAsync(method, path, body?.ToJsonString(), cancellation);

    /// <summary>Deletes, and says so.</summary>
    public async Task<int> DeleteAsync(string path, string word = "deleted")
    {
        await CallAsync(HttpMethod.Delete, path);
        return Done(word);
    }

    /// <summary>Goes on only when a person typed the name of what is to be lost, or <c>--yes</c> was given.</summary>
    public void Confirm(string name, string whatHappens, bool isGiven)
    {
        if (isGiven)
        {
            return;
        }

        var typed = surroundings.Ask($"{whatHappens} There is no way back. Type {name} to go on: ");
        if (typed is null)
        {
            throw new CommandException($"{whatHappens} There is nobody to ask whether that is meant: add --yes.", ExitCodes.Misused);
        }

        if (typed.Trim() != name)
        {
            throw new CommandException("not done");
        }
    }

    /// <summary>A file's text, or standard input's for <c>-</c>.</summary>
    public async Task<string> ReadAsync(string file)
    {
        try
        {
            return file == "-" ? await surroundings.Input.ReadToEndAsync(cancellation) : await File.ReadAllTextAsync(file, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(e.Message);
        }
    }
}
