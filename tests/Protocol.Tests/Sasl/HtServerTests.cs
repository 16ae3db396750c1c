using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Protocol.Tests.Sasl;

/// <summary>HT-SHA-256 (draft-schmaus-kitten-sasl-ht-09). The vectors were computed with another implementation of HMAC.</summary>
public sealed class HtServerTests
{
    private const string Token = "R3VyIHpiZmcgbnl2aXIgdmYgZ3VyIGp2eXFyZmcu";
    private const string Binding = "81acd762140fa692a142822d2fbe4dc6f54bcaa501f68ab37e5aeed0bafe4d99";
    private const string Initiator = "2e4e1e4510e50baeeef2909eb18cba958d4f85e3ee845c841fe92dbd55b55ac7";
    private const string Responder = "8c8036845b895411add9ebbd3cbb3000609aeb56eacc70e9b3ca9f48c33a9bf6";
    private const string BoundInitiator = "43e0d79ab74e6ea4868ed4aaccd615865419a28e1f25d0fc7fb9bf2b44165765";
    private const string BoundResponder = "2797d2de2889f86aa3ddb64af2c52a06825578248e2e3984e91fd6f7be7a838a";

    private static byte[] Message(string name, string proof) => [.. Encoding.UTF8.GetBytes(name), 0, .. Convert.FromHexString(proof)];

    private static (HtServer Server, SaslStep Step) Begin(byte[] message)
    {
        var server = new HtServer();
        return (server, server.Respond(message));
    }

    [TestCase("", Initiator, Responder), TestCase(Binding, BoundInitiator, BoundResponder), Property("Spec", "FA-1")]
    public void The_right_proof_is_answered_with_the_servers_own(string binding, string initiator, string responder)
    {
        (HtServer server, SaslStep step) = Begin(Message("jürgen", initiator));
        Assert.That(step.Kind, Is.EqualTo(SaslStepKind.NeedToken));
        Assert.That(step.AuthenticationId, Is.EqualTo("jürgen"));
        step = server.Provide([HtVerifier.Of("another token", []), HtVerifier.Of(Token, Convert.FromHexString(binding))]);
        Assert.That(step.Kind, Is.EqualTo(SaslStepKind.Success));
        Assert.That(Convert.ToHexStringLower(step.Data.Span), Is.EqualTo(responder));
        Assert.That(server.Matched, Is.EqualTo(1));
    }

    [TestCase(Responder), TestCase(BoundInitiator), TestCase("00"), TestCase(Initiator + "00"), Property("Spec", "FA-1")]
    public void Any_other_proof_is_not_authorized(string proof)
    {
        (HtServer server, _) = Begin(Message("juliet", proof));
        SaslStep step = server.Provide([HtVerifier.Of(Token, [])]);
        Assert.That((step.Kind, step.Failure, step.Data.IsEmpty, server.Matched), Is.EqualTo((SaslStepKind.Failure, SaslFailure.NotAuthorized, true, -1)));
    }

    [Test, Description("The comparison with nobody that makes the work alike must not let nobody in")]
    public void Without_a_token_no_proof_is_right()
    {
        byte[] nobody = System.Security.Cryptography.HMACSHA256.HashData("nobody"u8, "Initiator"u8);
        (HtServer server, _) = Begin(Message("juliet", Convert.ToHexString(nobody)));
        Assert.That(server.Provide([]).Kind, Is.EqualTo(SaslStepKind.Failure));
    }

    [TestCase(""), TestCase("00"), TestCase("6a"), TestCase("6a00"), TestCase("0041"), TestCase("ff0041")]
    public void What_is_no_name_and_proof_is_malformed(string message)
    {
        (_, SaslStep step) = Begin(Convert.FromHexString(message));
        Assert.That((step.Kind, step.Failure), Is.EqualTo((SaslStepKind.Failure, SaslFailure.MalformedRequest)));
    }

    [Test]
    public void What_is_kept_shows_neither_token_nor_proof_nor_answer()
    {
        HtVerifier kept = HtVerifier.Of(Token, []);
        string[] hidden = [Initiator, Responder, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Token))];
        Assert.That(hidden, Has.None.EqualTo(Convert.ToHexStringLower(kept.Check.Span)).And.None.EqualTo(Convert.ToHexStringLower(kept.MaskedAnswer.Span)));
        // What is kept is no proof itself.
        Assert.That(kept.Matches(kept.Check.Span) || kept.Matches(kept.MaskedAnswer.Span), Is.False);
    }

    [Test]
    public void Names_are_read_as_they_are_written()
    {
        foreach (HtMechanism mechanism in Enum.GetValues<HtMechanism>())
            Assert.That(HtMechanisms.TryParseMechanism(mechanism.ToMechanism(), out HtMechanism read) && read == mechanism, Is.True);
        Assert.That(HtMechanisms.TryParseMechanism("ht-sha-256-none", out _), Is.False);
        Assert.That(HtMechanisms.TryParseMechanism(null, out _), Is.False);
    }
}
