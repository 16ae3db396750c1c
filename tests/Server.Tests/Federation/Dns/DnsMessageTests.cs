using System.Net;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

public sealed class DnsMessageTests
{
    private static readonly byte[] Question = [.. FakeReply.Name("a.example"), 0, 1, 0, 1];

    private static FakeReply Reply() => new(0x1234, Question);

    [Test]
    public void Each_kind_of_record_is_read()
    {
        DnsMessage message = DnsMessage.Parse(Reply()
            .Address("A.example", "192.0.2.1", 60).Address("a.example", "2001:db8::1", 61).Alias("b.example", "c.example", 62)
            .Service("_xmpp-server._tcp.example", "10 5 5269 X.example", 63).Answer(FakeReply.Name("a.example"), (DnsType)46, 1, [1, 2, 3])
            .Authority("example", 900, 120).Extension().ToArray());
        Assert.That(message.Code, Is.EqualTo(DnsCode.NoError));
        Assert.That(message.Answers.Select(static record => $"{record.Owner} {record.Lifetime}"), Is.EqualTo(new[] { "a.example 60", "a.example 61", "b.example 62", "_xmpp-server._tcp.example 63" }));
        Assert.That(((AddressRecord)message.Answers[0]).Address, Is.EqualTo(IPAddress.Parse("192.0.2.1")));
        Assert.That(((AddressRecord)message.Answers[1]).Address, Is.EqualTo(IPAddress.Parse("2001:db8::1")));
        Assert.That(((AliasRecord)message.Answers[2]).Target.Text, Is.EqualTo("c.example"));
        Assert.That(message.Answers[3].ToString(), Is.EqualTo("10 5 5269 x.example"));
        Assert.That(message.Authority, Is.EqualTo(new AuthorityRecord(message.Authority!.Owner, 900, 120)));
    }

    [Test]
    public void Compressed_names_are_read()
    {
        // 12: a.example of the question; 14: example.
        DnsMessage message = DnsMessage.Parse(Reply().Answer([0xC0, 12], DnsType.CNAME, 1, [1, (byte)'b', 0xC0, 14]).ToArray());
        Assert.That(message.Answers.Single().ToString(), Does.Contain("a.example").And.Contain("b.example"));
        Assert.That(((AliasRecord)message.Answers[0]).Target.Text, Is.EqualTo("b.example"));
    }

    [Test]
    public void The_code_has_twelve_bits_and_a_lifetime_thirty_one()
    {
        Assert.That(DnsMessage.Parse(Reply().Extension(1).ToArray()).Code, Is.EqualTo(DnsCode.BadVersion));
        Assert.That(DnsMessage.Parse(Reply().Code(DnsCode.Refused).ToArray()).Code, Is.EqualTo(DnsCode.Refused));
        Assert.That(DnsMessage.Parse(Reply().Address("a.example", "192.0.2.1", 0x80000000).ToArray()).Answers[0].Lifetime, Is.Zero);
        Assert.That(DnsMessage.Parse(Reply().Authority("example", 60, uint.MaxValue).ToArray()).Authority!.Minimum, Is.Zero);
    }

    [Test]
    public void Of_other_networks_nothing_is_taken() =>
        Assert.That(DnsMessage.Parse(Reply().Answer(FakeReply.Name("a.example"), DnsType.A, 1, [1, 2, 3, 4], network: 3).ToArray()).Answers, Is.Empty);

    [Test]
    public void A_referral_is_told_from_a_no()
    {
        Assert.That(DnsMessage.Parse(Reply().Referral("example").ToArray()).IsReferral, Is.True);
        Assert.That(DnsMessage.Parse(Reply().Referral("example").Authority("example", 1, 1).ToArray()).IsReferral, Is.False);
        Assert.That(DnsMessage.Parse(Reply().ToArray()).IsReferral, Is.False);
        FakeReply authoritative = Reply().Referral("example");
        authoritative.Flags |= 0x400;
        Assert.That(DnsMessage.Parse(authoritative.ToArray()).IsReferral, Is.False);
    }

    [Test]
    public void Of_a_truncated_message_nothing_is_read()
    {
        byte[] octets = Reply().Address("a.example", "192.0.2.1").Truncated().ToArray()[..^3];
        DnsMessage message = DnsMessage.Parse(octets);
        Assert.That(message.IsTruncated, Is.True);
        Assert.That(message.Answers, Is.Empty);
    }

    private static IEnumerable<TestCaseData> Hostile()
    {
        TestCaseData Case(string name, byte[] octets, string problem) => new TestCaseData(octets, problem).SetArgDisplayNames(name);
        yield return Case("nothing", [], "middle of a record");
        yield return Case("half a header", Reply().ToArray()[..7], "middle of a record");
        FakeReply query = Reply();
        query.Flags = 0x0100;
        yield return Case("a query", query.ToArray(), "no answer");
        FakeReply update = Reply();
        update.Flags |= 0x2800;
        yield return Case("another operation", update.ToArray(), "no answer");
        yield return Case("a pointer to itself", Reply().Answer([0xC0, 12 + 15], DnsType.A, 1, [1, 2, 3, 4]).ToArray(), "leads nowhere");
        yield return Case("a pointer ahead", Reply().Answer([0xC0, 200], DnsType.A, 1, [1, 2, 3, 4]).ToArray(), "leads nowhere");
        yield return Case("a pointer behind the end", Reply().Answer([0xFF, 0xFF], DnsType.A, 1, [1, 2, 3, 4]).ToArray(), "leads nowhere");
        // b, then back to where b began.
        yield return Case("a circle", Reply().Answer([1, (byte)'b', 0xC0, 12 + 15], DnsType.A, 1, [1, 2, 3, 4]).ToArray(), "leads nowhere");
        yield return Case("half a pointer", [.. Reply().ToArray()[..4], 0, 1, 0, 0, 0, 0, 0, 0, 0xC0], "middle of a name");
        yield return Case("a label of another kind", Reply().Answer([0x41, 0], DnsType.A, 1, [1, 2, 3, 4]).ToArray(), "does not exist");
        byte[] label = [63, .. Enumerable.Repeat((byte)'a', 63)];
        yield return Case("a name of 257", Reply().Answer([.. label, .. label, .. label, .. label, 0], DnsType.A, 1, [1, 2, 3, 4]).ToArray(), "too long");
        yield return Case("more answers than there are", Count(Reply().ToArray(), 7, 2), "middle of a name");
        yield return Case("fewer answers than there are", Count(Reply().Address("a.example", "192.0.2.1").ToArray(), 7, 0), "behind its end");
        yield return Case("65535 answers", Count(Reply().ToArray(), 6, 255), "too many");
        yield return Case("two questions", Count(Reply().ToArray(), 5, 2), "too many");
        yield return Case("something behind the end", [.. Reply().Address("a.example", "192.0.2.1").ToArray(), 0], "behind its end");
        yield return Case("an address of 5", Reply().Answer([0], DnsType.A, 1, [1, 2, 3, 4, 5]).ToArray(), "wrong length");
        yield return Case("an IPv6 address of 4", Reply().Answer([0], DnsType.AAAA, 1, [1, 2, 3, 4]).ToArray(), "wrong length");
        yield return Case("a service too short", Reply().Answer([0], DnsType.SRV, 1, [0, 1, 0, 1, 0]).ToArray(), "middle of a");
        yield return Case("a service with more", Reply().Answer([0], DnsType.SRV, 1, [0, 1, 0, 1, 0, 1, 0, 9]).ToArray(), "length is not");
        yield return Case("an alias over its length", Reply().Answer([0], DnsType.CNAME, 1, [3, (byte)'a']).Address("a.example", "192.0.2.1").ToArray(), "length is not");
        yield return Case("a zone too short", Reply().Answer([0], DnsType.SOA, 1, [0, 0, 1]).ToArray(), "middle of a record");
    }

    [TestCaseSource(nameof(Hostile))]
    public void What_contradicts_itself_is_refused(byte[] octets, string problem) =>
        Assert.That(() => DnsMessage.Parse(octets), Throws.InstanceOf<DnsFormatException>().With.Message.Contains(problem));

    [Test]
    public void The_longest_name_is_read()
    {
        byte[] label = [63, .. Enumerable.Repeat((byte)'a', 63)];
        byte[] name = [.. label, .. label, .. label, 61, .. Enumerable.Repeat((byte)'a', 61), 0];
        Assert.That(DnsMessage.Parse(Reply().Answer(name, DnsType.A, 1, [1, 2, 3, 4]).ToArray()).Answers[0].Owner.Text, Has.Length.EqualTo(253));
        name[192] = 62;
        Assert.That(() => DnsMessage.Parse(Reply().Answer([.. name[..^1], (byte)'a', 0], DnsType.A, 1, [1, 2, 3, 4]).ToArray()), Throws.InstanceOf<DnsFormatException>());
    }

    [Test]
    public void A_staircase_of_pointers_is_not_climbed()
    {
        // In data nobody reads, each step a pointer to the one below; the name of the next record is the top.
        int bottom = Reply().Answer([0], (DnsType)16, 1, []).ToArray().Length;
        var stairs = new List<byte> { 0, 0 };
        for (int step = 0; step < 7000; step++) stairs.AddRange(FakeReply.Number(0xC000 | bottom + 2 * step));
        byte[] Climb(int step) => Reply().Answer([0], (DnsType)16, 1, [.. stairs]).Answer(FakeReply.Number(0xC000 | bottom + 2 * step), DnsType.A, 1, [1, 2, 3, 4]).ToArray();
        Assert.That(DnsMessage.Parse(Climb(100)).Answers, Has.Count.EqualTo(1));
        Assert.That(() => DnsMessage.Parse(Climb(7000)), Throws.InstanceOf<DnsFormatException>().With.Message.Contains("leads nowhere"));
    }

    /// <summary>Seeded, so a failure is found again. No exception but its own, no hang, and the memory stays in proportion.</summary>
    [Test]
    [CancelAfter(60_000)]
    public void Mutations_end_well_or_in_its_own_exception()
    {
        byte[][] seeds =
        [
            Reply().Address("a.example", "192.0.2.1").Address("a.example", "2001:db8::1").Alias("b.example", "c.example").ToArray(),
            Reply().Answer([0xC0, 12], DnsType.SRV, 9, [0, 1, 0, 2, 0, 3, 1, (byte)'x', 0xC0, 14]).Answer([0xC0, 12], DnsType.CNAME, 9, [0xC0, 14]).Extension().ToArray(),
            Reply().Code(DnsCode.NoSuchName).Authority("example", 60, 60).Extension().ToArray(),
            Reply().Referral("example").Service("_xmpp-server._tcp.example", "10 5 5269 x.example").ToArray(),
        ];
        var random = new Random(20250101);
        int good = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        const int rounds = 200_000;
        for (int round = 0; round < rounds; round++)
        {
            byte[] octets = [.. seeds[random.Next(seeds.Length)]];
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                int at = random.Next(octets.Length);
                switch (random.Next(5))
                {
                    case 0: octets[at] = (byte)random.Next(256); break;
                    case 1: octets[at] ^= (byte)(1 << random.Next(8)); break;
                    case 2: octets = octets[..at]; break;
                    case 3: octets[at] = 0xC0; break;
                    default: octets = [.. octets[..at], .. octets[random.Next(octets.Length)..]]; break;
                }
                if (octets.Length == 0) octets = [0];
            }
            try
            {
                DnsMessage.Parse(octets);
                good++;
            }
            catch (DnsFormatException)
            {
                // As it should be.
            }
        }
        Assert.That(good, Is.InRange(1, rounds - 1));
        Assert.That((GC.GetAllocatedBytesForCurrentThread() - before) / rounds, Is.LessThan(20_000), "bytes a message");
    }

    private static byte[] Count(byte[] octets, int at, byte count)
    {
        octets[at] = count;
        return octets;
    }
}
