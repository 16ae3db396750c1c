using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Protocol.Tests.Sasl;

public sealed class HashedTokenServerTests
{
    // HMAC-SHA-256 with the key "secret-token:fast-1", computed with Python's hmac: over the role alone, and over the role and the octets 0 to 31.
    private const string Token = "secret-token:fast-1";
    private const string Initiator = "e66a8ce321715b507d13b3b914b3d2883dd71f6cbe9190577080f3cbd35a77d7";
    private const string Responder = "ac8ba839a9632cc2b2079f1ecf80066efa0de65db9a519ab8b3e7716ce3cdbed";
    private const string BoundInitiator = "81e309b8bc164a2c0ae3330728be4ba45f24871c8fe45ec727d5755918a6e76e";
    private const string BoundResponder = "4407a2aa4298a61659bc7c198831f99a7544a32b2efdc186144c0670096dd7f1";

    private static readonly ChannelBinding Binding = new(ChannelBinding.TlsServerEndPoint, Enumerable.Range(0, 32).Select(static octet => (byte)octet).ToArray());

    private static byte[] Message(string name, string hash) => [.. Encoding.UTF8.GetBytes(name), 0, .. Convert.FromHexString(hash)];

    private static SaslStep Run(HashedTokenServer server, string hash, params string[] tokens)
    {
        SaslStep step = server.Respond(Message("romeo", hash));
        Assert.That(step, Is.EqualTo(new SaslStep(SaslStepKind.NeedTokens, AuthenticationId: "romeo")));
        return server.Provide(tokens);
    }

    [Test]
    public void The_right_token_succeeds_and_the_server_proves_that_it_has_it()
    {
        SaslStep step = Run(new HashedTokenServer(null), Initiator, Token);
        Assert.That((step.Kind, step.AuthenticationId), Is.EqualTo((SaslStepKind.Success, "romeo")));
        Assert.That(Convert.ToHexStringLower(step.Data.Span), Is.EqualTo(Responder));
    }

    [Test]
    public void The_channel_is_part_of_what_is_hashed()
    {
        SaslStep step = Run(new HashedTokenServer(Binding), BoundInitiator, Token);
        Assert.That(Convert.ToHexStringLower(step.Data.Span), Is.EqualTo(BoundResponder));
        Assert.That(Run(new HashedTokenServer(Binding), Initiator, Token).Failure, Is.EqualTo(SaslFailure.NotAuthorized));
        Assert.That(Run(new HashedTokenServer(null), BoundInitiator, Token).Failure, Is.EqualTo(SaslFailure.NotAuthorized));
    }

    [TestCase(0, Token, "another")]
    [TestCase(1, "another", Token)]
    public void It_tells_which_of_several_tokens_was_used(int which, params string[] tokens)
    {
        var server = new HashedTokenServer(null);
        Assert.That(server.Matched, Is.EqualTo(-1));
        SaslStep step = Run(server, Initiator, tokens);
        Assert.That(Convert.ToHexStringLower(step.Data.Span), Is.EqualTo(Responder));
        Assert.That(server.Matched, Is.EqualTo(which));
    }

    [Test]
    public void A_wrong_token_and_none_fail_alike()
    {
        var refused = new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.NotAuthorized, AuthenticationId: "romeo");
        Assert.That(Run(new HashedTokenServer(null), Initiator, "another", "third"), Is.EqualTo(refused));
        Assert.That(Run(new HashedTokenServer(null), Initiator), Is.EqualTo(refused));
        Assert.That(Run(new HashedTokenServer(null), Responder, Token), Is.EqualTo(refused), "what the server says is no proof of the client's");
    }

    [TestCase("")]
    [TestCase("726f6d656f")]
    [TestCase("726f6d656f00")]
    [TestCase("00" + Initiator)]
    [TestCase("726f6d656f00" + Initiator + "00")]
    [TestCase("726f6d656f00e66a")]
    [TestCase("72ff6d00" + Initiator)]
    public void A_malformed_message_is_malformed_request(string message) =>
        Assert.That(new HashedTokenServer(null).Respond(Convert.FromHexString(message)), Is.EqualTo(new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.MalformedRequest)));

    [Test]
    public void A_hash_may_have_any_octets()
    {
        SaslStep step = new HashedTokenServer(null).Respond(Message("romeo", new string('0', 64)));
        Assert.That(step.Kind, Is.EqualTo(SaslStepKind.NeedTokens));
    }

    [Test]
    public void Calls_out_of_order_are_the_callers_error()
    {
        var server = new HashedTokenServer(null);
        Assert.That(() => server.Provide([Token]), Throws.InvalidOperationException);
        server.Respond(Message("romeo", Initiator));
        Assert.That(() => server.Provide(ScramKeys.Derive(ScramHash.Sha1, "pencil", "salt"u8, 16), true), Throws.InvalidOperationException);
        Assert.That(() => server.Respond(Message("romeo", Initiator)), Throws.InvalidOperationException);
        server.Provide([Token]);
        Assert.That(() => server.Provide([Token]), Throws.InvalidOperationException);
    }
}
