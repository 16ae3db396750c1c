using PresenceXml.Server.Presence.Watching;

namespace PresenceXml.Server.Tests.Presence.Watching;

/// <summary>RFC 2778 §2.3: a POLLER fetches on a regular basis.</summary>
public sealed class PollerDetectorTests
{
    [TestCase(new[] { 10, 10, 10, 10, 10 }, 10)]
    [TestCase(new[] { 300, 310, 290, 305 }, 300)]
    [TestCase(new[] { 3600, 3500, 3700 }, 3600)]
    public void Regular_ones_are_pollers(int[] gaps, int interval) =>
        Assert.That(PollerDetector.IntervalOf(Times(gaps))!.Value.TotalSeconds, Is.EqualTo(interval).Within(5));

    [TestCase(new[] { 10, 10 }, TestName = "three are too few")]
    [TestCase(new[] { 40, 600, 7, 3500, 120, 60 }, TestName = "as somebody looks")]
    [TestCase(new[] { 1, 1, 1, 1 }, TestName = "a burst")]
    [TestCase(new[] { 90000, 90000, 90000 }, TestName = "less than daily")]
    public void Others_are_not(int[] gaps) => Assert.That(PollerDetector.IntervalOf(Times(gaps)), Is.Null);

    [Test]
    public void More_than_twelve_in_an_hour_are_polling_however_irregular()
    {
        int[] gaps = [5, 600, 1, 400, 9, 700, 2, 300, 8, 500, 3, 200];
        Assert.That(PollerDetector.IntervalOf(Times(gaps)), Is.Not.Null);
        Assert.That(PollerDetector.IntervalOf(Times(gaps[..^1])), Is.Null);
        gaps[1] = 3000;
        Assert.That(PollerDetector.IntervalOf(Times(gaps)), Is.Null);
    }

    private static long[] Times(int[] gaps)
    {
        var times = new long[gaps.Length + 1];
        times[0] = 1_900_000_000_000;
        for (int i = 0; i < gaps.Length; i++)
            times[i + 1] = times[i] + (gaps[i] * 1000L);
        return times;
    }
}
