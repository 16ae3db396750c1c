using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Protocol.Tests.Sasl;

public sealed class PlainServerTests
{
    private static readonly ScramKeys Keys = ScramKeys.Derive(ScramHash.Sha1, "pencil", "salt"u8, 16);

    private static SaslStep Run(string message, ScramKeys? keys = null, bool exists = true)
    {
        var server = new PlainServer();
        SaslStep step = server.Respond(Encoding.UTF8.GetBytes(message));
        return step.Kind == SaslStepKind.NeedKeys ? server.Provide(keys ?? Keys, exists) : step;
    }

    [TestCase("\0romeo\0pencil", null)]
    [TestCase("romeo@example.com\0romeo\0pencil", "romeo@example.com")]
    [Property("Spec", "A-11")]
    public void The_right_password_succeeds(string message, string? authorizationId)
    {
        SaslStep step = Run(message);
        Assert.That(step, Is.EqualTo(new SaslStep(SaslStepKind.Success, AuthenticationId: "romeo", AuthorizationId: authorizationId)));
    }

    [Test]
    public void The_password_is_prepared_by_OpaqueString()
    {
        // RFC 8265 §4.2.2: U+1680 OGHAM SPACE MARK becomes a space; NFC joins e and its accent.
        ScramKeys keys = ScramKeys.Derive(ScramHash.Sha1, "a caf\u00E9", "salt"u8, 16);
        Assert.That(Run("\0romeo\0a\u1680cafe\u0301", keys).Kind, Is.EqualTo(SaslStepKind.Success));
    }

    [TestCase("\0romeo\0Pencil", true)]
    [TestCase("\0romeo\0pencil ", true)]
    [TestCase("\0romeo\0pencil", false)]
    [TestCase("\0romeo\0pen\u0007cil", true, Description = "OpaqueString has no control characters, so no account has it")]
    [Property("Spec", "A-12")]
    public void Wrong_password_and_unknown_account_fail_alike(string message, bool exists) =>
        Assert.That(Run(message, exists: exists), Is.EqualTo(new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.NotAuthorized, AuthenticationId: "romeo")));

    [TestCase("")]
    [TestCase("romeo")]
    [TestCase("\0romeo")]
    [TestCase("\0romeo\0")]
    [TestCase("\0\0pencil")]
    [TestCase("\0\0")]
    [TestCase("a\0romeo\0pencil\0")]
    [TestCase("a\0romeo\0pen\0cil")]
    [TestCase("a\0\0pencil")]
    public void A_malformed_message_is_malformed_request(string message) =>
        Assert.That(Run(message), Is.EqualTo(new SaslStep(SaslStepKind.Failure, Failure: SaslFailure.MalformedRequest)));

    [Test]
    public void Broken_UTF_8_is_malformed_request() =>
        Assert.That(new PlainServer().Respond([0, (byte)'r', 0, 0xFF]).Failure, Is.EqualTo(SaslFailure.MalformedRequest));

    [Test]
    public void Calls_out_of_order_are_the_callers_error()
    {
        var server = new PlainServer();
        Assert.That(() => server.Provide(Keys, true), Throws.InvalidOperationException);
        server.Respond("\0romeo\0pencil"u8);
        Assert.That(() => server.Respond("\0romeo\0pencil"u8), Throws.InvalidOperationException);
    }
}
