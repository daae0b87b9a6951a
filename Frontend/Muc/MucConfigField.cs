using System.Collections.Immutable;
using Krewe.Contracts.Muc;
using Krewe.Frontend.Forms;

namespace Krewe.Frontend.Muc;

/// <summary>What a setting of a room is made of. In JSON: a string, a string that is not shown, a boolean, a number, a string, an array of strings.</summary>
internal enum MucConfigFieldType : byte
{
    Text = 0,
    Secret = 1,
    Boolean = 2,
    Number = 3,

    /// <summary>One of the field's options.</summary>
    Choice = 4,

    /// <summary>Any number of the field's options.</summary>
    Choices = 5,
}

/// <summary>One setting of a room, as forms and the API name, show and change it (XEP-0045 §15.5.3). Values are strings: booleans <c>1</c> and <c>0</c>, numbers in decimal.</summary>
/// <param name="Name">Without prefix, as in the API.</param>
/// <param name="Label">For people's eyes.</param>
/// <param name="Expected">What a good value is, for those who sent another.</param>
internal sealed record MucConfigField(MucConfigFieldType Type, string Name, string Label, string Expected)
{
    /// <summary>What forms call it.</summary>
    public string FormName { get; init; } = $"muc#roomconfig_{Name}";

    /// <summary>Another name that forms may use for it.</summary>
    public string? FormAlias { get; init; }

    /// <summary>What can be chosen; of numbers what is suggested.</summary>
    public ImmutableArray<DataFormOption> Options { get; init; } = [];

    /// <summary>How forms write 0; null for as it is.</summary>
    public string? ZeroWord { get; init; }

    /// <summary>The values in a configuration.</summary>
    public required Func<MucRoomConfig, ImmutableArray<string>> Read { get; init; }

    /// <summary>A change with these values added; null when they are not what is expected.</summary>
    public required Func<MucConfigChange, ImmutableArray<string>, MucConfigChange?> Change { get; init; }
}
