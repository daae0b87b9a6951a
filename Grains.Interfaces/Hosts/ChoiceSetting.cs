using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Krewe.Contracts.Hosts;

/// <summary>One of a few words, each with what it means.</summary>
internal sealed class ChoiceSetting<T>(params ImmutableArray<(string Word, T Value)> choices) : SettingType<T>
    where T : struct
{
    private readonly WordSetting _words = new([.. choices.Select(choice => choice.Word)]);

    public string Show(T value) => choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Word;

    internal override JsonObject Schema() => _words.Schema();

    internal override bool TryRead(JsonElement value, string path, DocumentProblems problems, out T result)
    {
        var isGood = _words.TryRead(value, path, problems, out var word);
        result = isGood ? choices.First(choice => choice.Word == word).Value : default;
        return isGood;
    }
}
