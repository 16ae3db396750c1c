using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

internal sealed class DnsCacheTests : DnsFixture
{
    private static DnsQuestion Of(string name) => new(Name(name), DnsType.A);

    private static DnsAnswer Answer(int records, int seconds = 60) => new()
    {
        Status = DnsStatus.Found,
        Records = [.. Enumerable.Repeat(new AliasRecord(DnsName.Root, 1, DnsName.Root), records)],
        Lifetime = TimeSpan.FromSeconds(seconds),
    };

    [Test]
    public void What_was_not_used_longest_makes_room()
    {
        var cache = new DnsCache(3, Clock);
        cache.Add(Of("a"), Answer(1));
        cache.Add(Of("b"), Answer(0));
        cache.Add(Of("c"), Answer(1));
        Assert.That(cache.Find(Of("a")), Is.Not.Null);
        cache.Add(Of("d"), Answer(1));
        Assert.That(cache.Find(Of("b")), Is.Null);
        cache.Add(Of("e"), Answer(2));
        Assert.That(cache.Find(Of("c")), Is.Null);
        Assert.That(cache.Find(Of("a")), Is.Null);
        Assert.That(cache.Find(Of("d")), Is.Not.Null);
        Assert.That(cache.Size, Is.EqualTo(3));
    }

    [Test]
    public void What_is_larger_than_all_of_it_is_not_kept()
    {
        var cache = new DnsCache(3, Clock);
        cache.Add(Of("a"), Answer(3));
        cache.Add(Of("b"), Answer(4));
        Assert.That(cache.Find(Of("a")), Is.Not.Null);
        Assert.That(cache.Find(Of("b")), Is.Null);
        var none = new DnsCache(0, Clock);
        none.Add(Of("a"), Answer(0));
        Assert.That(none.Find(Of("a")), Is.Null);
    }

    [Test]
    public void A_newer_answer_replaces_the_older_and_what_is_over_is_forgotten()
    {
        var cache = new DnsCache(10, Clock);
        cache.Add(Of("a"), Answer(5));
        cache.Add(Of("a"), Answer(2));
        Assert.That(cache.Find(Of("a"))!.Records, Has.Count.EqualTo(2));
        Assert.That(cache.Size, Is.EqualTo(2));
        Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.That(cache.Find(Of("a")), Is.Null);
        Assert.That(cache.Size, Is.Zero);
    }
}
