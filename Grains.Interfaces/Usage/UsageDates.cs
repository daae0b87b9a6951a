using System.Globalization;

namespace Krewe.Contracts.Usage;

/// <summary>Days and months by UTC, as they are stored and shown: in an order that is also that of their texts.</summary>
public static class UsageDates
{
    private const string DayFormat = "yyyy-MM-dd";

    private const int MonthCharacters = 7;

    public static string Day(DateTimeOffset time) => time.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);

    /// <summary>Of a day.</summary>
    public static string Month(string day) => day[..MonthCharacters];

    public static bool IsDay(string? text) => DateOnly.TryParseExact(text, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
}
