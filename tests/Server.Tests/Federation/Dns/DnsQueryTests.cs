using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

public sealed class DnsQueryTests
{
    private static readonly DnsQuestion Question = new(DnsName.TryParse("_xmpp-server._tcp.example.org", out DnsName? name) ? name : DnsName.Root, DnsType.SRV);

    private static FakeQuery Read(DnsQuery query) => new(query.Octets.ToArray(), new System.Net.IPEndPoint(0, 0), false);

    [Test]
    public void A_query_asks_for_recursion_and_announces_1232_octets()
    {
        FakeQuery query = Read(new DnsQuery(Question, withExtensions: true));
        Assert.That(query.ToString(), Is.EqualTo("SRV _xmpp-server._tcp.example.org"));
        Assert.That(query.Octets[2..12], Is.EqualTo(new byte[] { 1, 0, 0, 1, 0, 0, 0, 0, 0, 1 }));
        Assert.That(query.Octets[^11..], Is.EqualTo(new byte[] { 0, 0, 41, 1232 >> 8, 1232 & 255, 0, 0, 0, 0, 0, 0 }));
        FakeQuery old = Read(new DnsQuery(Question, withExtensions: false));
        Assert.That(old.HasExtensions, Is.False);
        Assert.That(old.Octets, Has.Length.EqualTo(query.Octets.Length - 11));
    }

    [Test]
    public void Number_and_case_are_random()
    {
        FakeQuery[] queries = [.. Enumerable.Range(0, 50).Select(static _ => Read(new DnsQuery(Question, true)))];
        Assert.That(queries.Select(static query => query.Id).Distinct().Count(), Is.GreaterThan(40));
        Assert.That(queries.Select(static query => query.RawName).Distinct().Count(), Is.GreaterThan(40));
        Assert.That(queries.Select(static query => query.Name).Distinct(), Is.EqualTo(new[] { Question.Name.Text }));
    }

    [Test]
    public void Only_what_repeats_the_question_is_its_answer()
    {
        var query = new DnsQuery(Question, true);
        FakeQuery seen = Read(query);
        byte[] answer = new FakeReply(seen).ToArray();
        Assert.That(query.Compare(answer), Is.EqualTo(DnsEcho.Same));
        Assert.That(query.Compare(With(answer, 0, 1)), Is.EqualTo(DnsEcho.Foreign), "another number");
        Assert.That(query.Compare(With(answer, 2, 0x80)), Is.EqualTo(DnsEcho.Foreign), "a query");
        Assert.That(query.Compare(With(answer, 13, 0x20 ^ 'z')), Is.EqualTo(DnsEcho.Foreign), "another name");
        Assert.That(query.Compare(With(answer, 14, 0x20)), Is.EqualTo(DnsEcho.Doubtful), "another case");
        Assert.That(query.Compare(With(answer, 13, 0x20)), Is.EqualTo(DnsEcho.Foreign), "what looks like another case, but is no letter");
        Assert.That(query.Compare(With(answer, 12 + seen.Question.Length - 3, 1)), Is.EqualTo(DnsEcho.Foreign), "another type");
        Assert.That(query.Compare(answer.AsSpan()[..20]), Is.EqualTo(DnsEcho.Foreign), "half a question");
        Assert.That(query.Compare(answer.AsSpan()[..5]), Is.EqualTo(DnsEcho.Foreign), "half a header");
        byte[] refusal = new FakeReply(seen.Id, []) { Questions = 0 }.Code(DnsCode.FormatError).ToArray();
        Assert.That(query.Compare(refusal), Is.EqualTo(DnsEcho.Doubtful), "a refusal without the question");
        Assert.That(query.Compare(new FakeReply(seen.Id, []) { Questions = 0 }.ToArray()), Is.EqualTo(DnsEcho.Foreign), "a yes without the question");
    }

    [Test]
    public void A_name_of_no_host_cannot_be_asked_for() =>
        Assert.That(() => new DnsQuery(new DnsQuestion(DnsName.Root, DnsType.A), true), Throws.ArgumentException);

    private static byte[] With(byte[] octets, int at, int bits)
    {
        byte[] changed = [.. octets];
        changed[at] ^= (byte)bits;
        return changed;
    }
}
