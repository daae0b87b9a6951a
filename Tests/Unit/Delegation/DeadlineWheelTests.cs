using FsCheck;
using FsCheck.Fluent;
using Krewe.Frontend.Delegation;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Delegation;

/// <summary>The wheel finds what a search through everything would: each when its time has come, and at most a tick later.</summary>
public sealed class DeadlineWheelTests
{
    [Fact]
    public void Due_IsWhatASearchFinds() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(
        Gen.Choose(0, 100_000).Select(number => number).ListOf().ToArbitrary(), steps =>
        {
            var time = new FakeTimeProvider();
            var wheel = new DeadlineWheel(time);
            var requester = new Requester("juliet@verona.example/balcony");
            var known = new List<(PendingIq Iq, DateTimeOffset Deadline)>();
            foreach (var step in steps)
            {
                switch (step % 4)
                {
                    case 0 or 1:
                        // From a tenth of a second to some turns of the wheel.
                        var iq = requester.Asks(null, seconds: 0.1 + (step / 4 % 2000 / 10.0));
                        wheel.Add(iq);
                        known.Add((iq, time.GetUtcNow() + iq.Timeout));
                        break;
                    case 2 when known.Count > 0:
                        wheel.Remove(known[step % known.Count].Iq);
                        known.RemoveAt(step % known.Count);
                        break;
                    default:
                        time.Advance(TimeSpan.FromMilliseconds(step / 4 % 30_000));
                        var due = new List<PendingIq>();
                        wheel.FindDue(due);
                        var now = time.GetUtcNow();
                        Assert.All(due, one => Assert.True(known.Single(other => other.Iq == one).Deadline <= now));
                        Assert.Equal(due.Count, due.Distinct().Count());
                        var late = known.Where(one => one.Deadline + (2 * DeadlineWheel.Tick) <= now).Select(one => one.Iq);
                        Assert.Empty(late.Except(due));
                        due.ForEach(wheel.Remove);
                        known.RemoveAll(one => due.Contains(one.Iq));
                        break;
                }

                Assert.Equal(known.Count, wheel.Count);
            }
        }));
}
