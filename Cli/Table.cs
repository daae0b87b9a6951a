using System.Text.Json.Nodes;

namespace Krewe.Cli;

/// <summary>A column: its heading, and what of an item stands in it.</summary>
internal sealed record Column(string Heading, Func<JsonNode, JsonNode?> Value)
{
    /// <summary>A member of the item, under its own name.</summary>
    public static implicit operator Column(string member) => new(member, item => item[member]);
}

/// <summary>Rows in aligned columns, written page by page: the first page says how wide the columns are, and what is longer later sticks out.</summary>
internal sealed class Table(TextWriter output, params Column[] columns)
{
    private int[]? _widths;

    public void Write(IReadOnlyList<JsonNode> items)
    {
        string[][] rows = [.. items.Select(item => columns.Select(column => Plain.Of(column.Value(item))).ToArray())];
        if (_widths is null)
        {
            string[] headings = [.. columns.Select(column => column.Heading.Replace('_', ' ').ToUpperInvariant())];
            _widths = [.. columns.Select((_, i) => rows.Append(headings).Max(row => row[i].Length))];
            WriteRow(headings);
        }

        foreach (var row in rows)
        {
            WriteRow(row);
        }
    }

    private void WriteRow(string[] cells) =>
        output.WriteLine(string.Join("  ", cells.Select((cell, i) => i == cells.Length - 1 ? cell : cell.PadRight(_widths![i]))));
}
