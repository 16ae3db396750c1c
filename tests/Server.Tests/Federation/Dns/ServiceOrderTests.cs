using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

public sealed class ServiceOrderTests
{
    private static ServiceRecord Record(ushort priority, ushort weight, ushort port) => new(DnsName.Root, 1, priority, weight, port, DnsName.Root);

    private static int[] Sort(Random random, params ServiceRecord[] records) =>
        [.. ServiceOrder.Sort(records, random, static record => record).Select(static record => (int)record.Port)];

    [Test]
    public void The_lowest_priority_is_first()
    {
        var random = new Random(1);
        for (int i = 0; i < 100; i++)
            Assert.That(Sort(random, Record(20, 65535, 2), Record(10, 0, 1), Record(30, 65535, 3)), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    /// <summary>RFC 2782: the number is drawn from 0 to the sum, both included, so the first in the list has a share of one more.</summary>
    [Test]
    public void Weights_are_shares()
    {
        var random = new Random(20250102);
        const int rounds = 60_000;
        int[] firsts = new int[4];
        int[] seconds = new int[4];
        for (int i = 0; i < rounds; i++)
        {
            int[] order = Sort(random, Record(10, 10, 1), Record(10, 30, 2), Record(10, 60, 3));
            Assert.That(order.Order(), Is.EqualTo(new[] { 1, 2, 3 }));
            firsts[order[0]]++;
            if (order[0] == 3) seconds[order[1]]++;
        }
        // Whoever is first in the shuffled list has 1/101 more, each a third of the time.
        Assert.That(firsts[1] / (double)rounds, Is.EqualTo((10 + 1 / 3.0) / 101).Within(0.006));
        Assert.That(firsts[2] / (double)rounds, Is.EqualTo((30 + 1 / 3.0) / 101).Within(0.006));
        Assert.That(firsts[3] / (double)rounds, Is.EqualTo((60 + 1 / 3.0) / 101).Within(0.006));
        // Among those that are left the same.
        Assert.That(seconds[1] / (double)firsts[3], Is.EqualTo((10 + 0.5) / 41).Within(0.01));
    }

    [Test]
    public void A_weight_of_zero_has_a_very_small_share()
    {
        var random = new Random(20250103);
        const int rounds = 50_000;
        int first = 0;
        for (int i = 0; i < rounds; i++)
            if (Sort(random, Record(10, 0, 1), Record(10, 99, 2))[0] == 1) first++;
        Assert.That(first / (double)rounds, Is.EqualTo(0.01).Within(0.003));
    }

    [Test]
    public void Without_weights_all_are_alike()
    {
        var random = new Random(20250104);
        const int rounds = 30_000;
        int[] firsts = new int[4];
        for (int i = 0; i < rounds; i++) firsts[Sort(random, Record(10, 0, 1), Record(10, 0, 2), Record(10, 0, 3))[0]]++;
        for (int port = 1; port <= 3; port++) Assert.That(firsts[port] / (double)rounds, Is.EqualTo(1 / 3.0).Within(0.012));
    }

    [Test]
    public void The_largest_weights_do_not_overflow() =>
        Assert.That(Sort(new Random(1), [.. Enumerable.Range(1, 64).Select(static port => Record(1, 65535, (ushort)port))]).Order(), Is.EqualTo(Enumerable.Range(1, 64)));
}
