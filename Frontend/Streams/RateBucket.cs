namespace Krewe.Frontend.Streams;

/// <summary>
/// A token bucket that is charged first and paid off at a rate. Whoever charged has a place in the line of what was charged, so several senders wait in the order of
/// their coming; and because the debt is in tokens and not in time, a changed rate counts at once for what was charged before.
/// </summary>
internal struct RateBucket
{
    private double _charged;
    private double _paid;

    /// <summary>What was charged and is not paid off.</summary>
    public readonly double Debt => _charged - _paid;

    /// <summary>Charges an amount; the result is the place behind it.</summary>
    public double Charge(double amount) => _charged += amount;

    /// <summary>Lets time pass. What a silent sender does not use is not kept for it.</summary>
    /// <param name="perSecond">0 for no limit: then nothing is owed.</param>
    public void Pay(double seconds, double perSecond) => _paid = perSecond > 0 ? Math.Min(_charged, _paid + (seconds * perSecond)) : _charged;

    /// <summary>How many seconds until so little is left before a place that it may be owed.</summary>
    /// <param name="burst">What may be owed.</param>
    public readonly double Wait(double place, double perSecond, double burst) => perSecond > 0 ? Math.Max(0, (place - _paid - burst) / perSecond) : 0;
}
