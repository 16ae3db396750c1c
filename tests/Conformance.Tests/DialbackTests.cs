using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Tests;

public class DialbackTests
{
    private const string Key = "b4835385f37fe2895af6c196b59097b16862406db80559900d96bf6fa7d23df3";
    private readonly Dialback capulet = new("capulet.example", "s3cr3tf0rd14lb4ck");

    [Test]
    public void The_key_is_the_one_of_the_example_in_XEP_0220() =>
        Assert.That(capulet.Key("montague.example", "D60000229F"), Is.EqualTo(Key));

    [TestCase("capulet.example", "montague.example", "D60000229F", Key, "valid")]
    [TestCase("capulet.example", "montague.example", "D60000229F", "0" + Key, "invalid")]
    [TestCase("capulet.example", "montague.example", "417GAF25", Key, "invalid")]
    [TestCase("capulet.example", "verona.example", "D60000229F", Key, "invalid")]
    [TestCase("rooms.capulet.example", "montague.example", "D60000229F", Key, "invalid")]
    public void A_question_is_answered_truthfully(string to, string from, string id, string key, string type)
    {
        var answer = Read(capulet.Answer(Read($"<db:verify from='{from}' to='{to}' id='{id}'>{key}</db:verify>")));
        Assert.That(
            (answer["from"], answer["to"], answer["id"], answer["type"]),
            Is.EqualTo((to, from, id, type)));
    }

    [Test]
    public void A_claim_holds_what_is_valid_when_asked_about()
    {
        var claim = Read(capulet.Claim("montague.example", "1"));
        Assert.That((claim["from"], claim["to"], claim.Text), Is.EqualTo(("capulet.example", "montague.example", capulet.Key("montague.example", "1"))));
    }

    private static Element Read(string xml) => Element.Parse($"<all xmlns:db='{Dialback.Ns}'>{xml}</all>").Children.Single();
}
