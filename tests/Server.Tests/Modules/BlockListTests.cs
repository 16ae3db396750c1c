using PresenceXml.Protocol;
using PresenceXml.Server.Modules.Blocking;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>Matching of addresses (XEP-0191 §5).</summary>
[Property("Spec", "BL-1")]
public sealed class BlockListTests
{
    [TestCase("romeo@montague.net/orchard", "romeo@montague.net/orchard", true)]
    [TestCase("romeo@montague.net/orchard", "romeo@montague.net/home", false)]
    [TestCase("romeo@montague.net/orchard", "romeo@montague.net", false)]
    [TestCase("romeo@montague.net", "romeo@montague.net/orchard", true)]
    [TestCase("romeo@montague.net", "romeo@montague.net", true)]
    [TestCase("romeo@montague.net", "mercutio@montague.net", false)]
    [TestCase("romeo@montague.net", "montague.net", false)]
    [TestCase("montague.net/bot", "montague.net/bot", true)]
    [TestCase("montague.net/bot", "montague.net", false)]
    [TestCase("montague.net/bot", "romeo@montague.net/bot", false)]
    [TestCase("montague.net", "montague.net", true)]
    [TestCase("montague.net", "montague.net/bot", true)]
    [TestCase("montague.net", "romeo@montague.net", true)]
    [TestCase("montague.net", "romeo@montague.net/orchard", true)]
    [TestCase("montague.net", "romeo@rooms.montague.net", false)]
    [TestCase("montague.net", "rooms.montague.net", false)]
    [TestCase("ROMEO@Montague.NET", "romeo@montague.net/orchard", true)]
    public void Matches(string item, string peer, bool expected) =>
        Assert.That(BlockList.Of([Jid.Parse(item)]).Matches(Jid.Parse(peer)), Is.EqualTo(expected));

    [Test]
    public void An_empty_list_matches_nobody() => Assert.That(BlockList.Empty.Matches(Jid.Parse("a@b/c")), Is.False);

    [Test]
    public void Adding_and_removing_leave_the_old_list_alone()
    {
        Jid romeo = Jid.Parse("romeo@montague.net"), domain = Jid.Parse("montague.net");
        BlockList one = BlockList.Of([romeo]);
        BlockList two = one.Add([domain]);
        BlockList back = two.Remove([romeo, domain]);
        Assert.Multiple(() =>
        {
            Assert.That(one.Matches(Jid.Parse("tybalt@montague.net")), Is.False);
            Assert.That(two.Matches(Jid.Parse("tybalt@montague.net")), Is.True);
            Assert.That(back.Count, Is.Zero);
            Assert.That(back.Matches(romeo), Is.False);
            Assert.That(two.Items, Is.EqualTo(new[] { domain, romeo }));
        });
    }
}
