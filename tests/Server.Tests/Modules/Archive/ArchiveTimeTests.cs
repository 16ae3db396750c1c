using PresenceXml.Server.Messaging;
using PresenceXml.Server.Modules;

namespace PresenceXml.Server.Tests.Modules.Archive;

/// <summary>XEP-0082 1.1 §3.2.</summary>
public sealed class ArchiveTimeTests
{
    [TestCase("2030-01-01T00:00:00Z", "2030-01-01T00:00:00.0000000")]
    [TestCase("1969-07-21T02:56:15Z", "1969-07-21T02:56:15.0000000")]
    [TestCase("1969-07-20T21:56:15-05:00", "1969-07-21T02:56:15.0000000")]
    [TestCase("2030-01-01T00:00:00+14:00", "2029-12-31T10:00:00.0000000")]
    [TestCase("2030-01-01T00:00:00-00:00", "2030-01-01T00:00:00.0000000")]
    [TestCase("2030-01-01T00:00:00.5Z", "2030-01-01T00:00:00.5000000")]
    [TestCase("2030-01-01T00:00:00.123456789123Z", "2030-01-01T00:00:00.1234567")]
    [TestCase("2028-02-29T23:59:59.999Z", "2028-02-29T23:59:59.9990000")]
    [TestCase("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000")]
    [TestCase("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.0000000")]
    public void What_is_one(string text, string utc)
    {
        Assert.That(DateTimeProfile.TryParse(text, out DateTimeOffset time));
        Assert.That(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", null), Is.EqualTo(utc));
    }

    [TestCase("")]
    [TestCase("2030-01-01")]
    [TestCase("2030-01-01T00:00:00")]
    [TestCase("2030-01-01 00:00:00Z")]
    [TestCase("2030-01-01t00:00:00z")]
    [TestCase("20300101T00:00:00")]
    [TestCase("2030-1-1T00:00:00Z")]
    [TestCase("2030-01-01T00:00Z")]
    [TestCase("2030-13-01T00:00:00Z")]
    [TestCase("2030-02-29T00:00:00Z")]
    [TestCase("2030-01-01T24:00:00Z")]
    [TestCase("2030-01-01T00:60:00Z")]
    [TestCase("2016-12-31T23:59:60Z")]
    [TestCase("2030-01-01T00:00:00.Z")]
    [TestCase("2030-01-01T00:00:00,5Z")]
    [TestCase("2030-01-01T00:00:00+0200")]
    [TestCase("2030-01-01T00:00:00+2:00")]
    [TestCase("2030-01-01T00:00:00+24:00")]
    [TestCase("2030-01-01T00:00:00+02:60")]
    [TestCase("0000-01-01T00:00:00Z")]
    [TestCase("0001-01-01T00:00:00+01:00")]
    [TestCase("9999-12-31T23:59:59-01:00")]
    [TestCase(" 2030-01-01T00:00:00Z")]
    [TestCase("2030-01-01T00:00:00Z\n")]
    [TestCase("٢٠٣٠-01-01T00:00:00Z")]
    public void What_is_none(string text) => Assert.That(DateTimeProfile.TryParse(text, out _), Is.False);

    [TestCase(0, 0, 9999)]
    [TestCase(1, 10000, 9999)]
    [TestCase(9999, 10000, 9999)]
    [TestCase(10000, 10000, 19999)]
    public void Bounds_are_whole_milliseconds(long ticks, long first, long last)
    {
        var time = new DateTimeOffset(ticks, TimeSpan.Zero);
        Assert.That((ArchiveTime.First(time).Ticks, ArchiveTime.Last(time).Ticks), Is.EqualTo((first, last)));
    }

    [Test]
    public void The_last_moment_there_is_has_bounds_too() =>
        Assert.That((ArchiveTime.First(DateTimeOffset.MaxValue), ArchiveTime.Last(DateTimeOffset.MaxValue)), Is.EqualTo((DateTimeOffset.MaxValue, DateTimeOffset.MaxValue)));
}
