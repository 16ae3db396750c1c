using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Protocol.Tests.Sasl;

public sealed class ScramServerTests
{
    private static readonly ScramKeys Keys = ScramKeys.Derive(ScramHash.Sha256, "pencil", "0123456789abcdef"u8, 4096);
    private static readonly ChannelBinding Binding = new(ChannelBinding.TlsServerEndPoint, "certificate hash"u8.ToArray());

    private static ScramServer Server(bool plus = false, bool plusOffered = false, ChannelBinding? binding = null) =>
        new(ScramHash.Sha256, plus, plusOffered, "servernonce", binding);

    private static SaslStep First(string message, ScramServer? server = null) => (server ?? Server()).Respond(Encoding.UTF8.GetBytes(message));

    private static void AssertFails(SaslStep step, SaslFailure failure, bool mismatch = false)
    {
        Assert.That(step.Kind, Is.EqualTo(SaslStepKind.Failure));
        Assert.That(step.Failure, Is.EqualTo(failure));
        Assert.That(step.IsChannelBindingMismatch, Is.EqualTo(mismatch));
        Assert.That(step.Data.IsEmpty);
    }

    [Test]
    [Property("Spec", "A-15")]
    public void Names_are_unescaped_and_the_authorization_identity_is_handed_out()
    {
        SaslStep step = First("n,a=o=3Dne=2Ctwo@example.com,n=u=2Cs=3Der,r=abc");
        Assert.That(step.Kind, Is.EqualTo(SaslStepKind.NeedKeys));
        Assert.That(step.AuthenticationId, Is.EqualTo("u,s=er"));
        Assert.That(step.AuthorizationId, Is.EqualTo("o=ne,two@example.com"));
    }

    [TestCase("n,,n=user,r=abc")]
    [TestCase("n,,n=jürgen,r=abc")]
    [TestCase("n,,n=user,r=abc,x=any=thing")]
    [TestCase("y,,n=user,r=abc", Description = "RFC 5802 §6: y is in order where no -PLUS was offered")]
    [Property("Spec", "A-08")]
    public void A_well_formed_first_message_asks_for_keys(string message) =>
        Assert.That(First(message).Kind, Is.EqualTo(SaslStepKind.NeedKeys));

    [TestCase("")]
    [TestCase("n")]
    [TestCase("n,")]
    [TestCase("n,,")]
    [TestCase("n,,n=user")]
    [TestCase("n,,r=abc,n=user")]
    [TestCase("n,,n=,r=abc", Description = "a saslname is not empty")]
    [TestCase("n,,n=user,r=")]
    [TestCase("n,,n=user,r=a b", Description = "a nonce is printable without space")]
    [TestCase("n,,n=user,r=abc,")]
    [TestCase("n,,n=user,r=abc,x")]
    [TestCase("n,,n=user,r=abc,x=")]
    [TestCase("n,,n=us=er,r=abc", Description = "= that is neither =2C nor =3D")]
    [TestCase("n,,n=user=2,r=abc")]
    [TestCase("n,,n=user=,r=abc")]
    [TestCase("n,,m=must,n=user,r=abc", Description = "a mandatory extension")]
    [TestCase("n,,n=user,r=abc,m=must", Description = "a mandatory extension where none may be")]
    [TestCase("n,b=x,n=user,r=abc")]
    [TestCase("n,a=,n=user,r=abc")]
    [TestCase("n,a=b=c,n=user,r=abc")]
    [TestCase("x,,n=user,r=abc")]
    [TestCase("N,,n=user,r=abc")]
    [TestCase("p=,,n=user,r=abc")]
    [TestCase("p=tls unique,,n=user,r=abc")]
    [TestCase("p=tls-server-end-point,,n=user,r=abc", Description = "p belongs to -PLUS")]
    [TestCase("n,,n=us\0er,r=abc")]
    public void A_malformed_first_message_is_malformed_request(string message) =>
        AssertFails(First(message), SaslFailure.MalformedRequest);

    [Test]
    public void Broken_UTF_8_is_malformed_request() =>
        AssertFails(Server().Respond([.. "n,,n="u8, 0xC3, .. ",r=abc"u8]), SaslFailure.MalformedRequest);

    [TestCase("n,,n=user,r=abc")]
    [TestCase("y,,n=user,r=abc")]
    public void PLUS_without_binding_flag_is_malformed_request(string message) =>
        AssertFails(First(message, Server(plus: true, plusOffered: true, Binding)), SaslFailure.MalformedRequest);

    [Test]
    [Property("Spec", "A-04")]
    public void The_flag_y_is_refused_where_PLUS_was_offered_and_is_no_password_failure() =>
        AssertFails(First("y,,n=user,r=abc", Server(plusOffered: true, binding: Binding)), SaslFailure.NotAuthorized, mismatch: true);

    [Test]
    [Property("Spec", "A-04")]
    public void The_flag_n_is_accepted_where_PLUS_was_offered() =>
        Assert.That(new ScramClient("pencil").Run(Server(plusOffered: true, binding: Binding), Keys).Kind, Is.EqualTo(SaslStepKind.Success));

    [TestCase("p=tls-unique,,n=user,r=abc")]
    [TestCase("p=tls-exporter,,n=user,r=abc")]
    [Property("Spec", "A-04")]
    public void Another_binding_type_is_refused_and_is_no_password_failure(string message)
    {
        AssertFails(First(message, Server(plus: true, plusOffered: true, Binding)), SaslFailure.NotAuthorized, mismatch: true);
        AssertFails(First(message, Server(plus: true, plusOffered: true)), SaslFailure.NotAuthorized, mismatch: true);
    }

    [Test]
    [Property("Spec", "A-04")]
    public void PLUS_with_the_same_channel_succeeds()
    {
        var client = new ScramClient("pencil") { Header = "p=tls-server-end-point,,", Bound = "certificate hash"u8.ToArray() };
        Assert.That(client.Run(Server(plus: true, plusOffered: true, Binding), Keys).Kind, Is.EqualTo(SaslStepKind.Success));
    }

    [Test]
    [Property("Spec", "A-04")]
    public void PLUS_with_another_channel_is_refused_and_is_no_password_failure()
    {
        var client = new ScramClient("pencil") { Header = "p=tls-server-end-point,,", Bound = "certificate hasH"u8.ToArray() };
        AssertFails(client.Run(Server(plus: true, plusOffered: true, Binding), Keys), SaslFailure.NotAuthorized, mismatch: true);
    }

    [Test]
    public void Another_header_in_the_final_message_is_refused()
    {
        (ScramServer server, string serverFirst) = Challenged(new ScramClient("pencil"));
        string final = new ScramClient("pencil").Final(serverFirst, binding: Convert.ToBase64String("y,,"u8));
        AssertFails(server.Respond(Encoding.UTF8.GetBytes(final)), SaslFailure.NotAuthorized, mismatch: true);
    }

    [Test]
    [Property("Spec", "A-12")]
    public void A_wrong_password_and_an_unknown_account_fail_alike()
    {
        SaslStep wrong = new ScramClient("wrong").Run(Server(), Keys);
        ScramKeys fake = ScramKeys.Fake("secret"u8, "user", ScramHash.Sha256, 4096);
        SaslStep unknown = new ScramClient("pencil").Run(Server(), fake, exists: false);
        AssertFails(wrong, SaslFailure.NotAuthorized);
        Assert.That(unknown, Is.EqualTo(wrong));
    }

    [Test]
    [Property("Spec", "A-12")]
    public void An_account_that_does_not_exist_fails_even_with_keys_that_fit() =>
        AssertFails(new ScramClient("pencil").Run(Server(), Keys, exists: false), SaslFailure.NotAuthorized);

    [Test]
    public void Extensions_of_the_final_message_are_ignored_but_signed()
    {
        var client = new ScramClient("pencil");
        (ScramServer server, string serverFirst) = Challenged(client);
        Assert.That(server.Respond(Encoding.UTF8.GetBytes(client.Final(serverFirst, extensions: ",x=y"))).Kind, Is.EqualTo(SaslStepKind.Success));
    }

    [Test]
    public void Each_bit_of_the_proof_counts()
    {
        var client = new ScramClient("pencil");
        for (int bit = 0; bit < 256; bit++)
        {
            (ScramServer server, string serverFirst) = Challenged(client);
            int at = bit;
            string final = client.Final(serverFirst, tamper: proof =>
            {
                proof[at / 8] ^= (byte)(1 << (at % 8));
                return proof;
            });
            AssertFails(server.Respond(Encoding.UTF8.GetBytes(final)), SaslFailure.NotAuthorized);
        }
    }

    [Test]
    public void A_proof_of_another_length_is_refused()
    {
        var client = new ScramClient("pencil");
        (ScramServer server, string serverFirst) = Challenged(client);
        AssertFails(server.Respond(Encoding.UTF8.GetBytes(client.Final(serverFirst, tamper: static proof => proof[..20]))), SaslFailure.NotAuthorized);
    }

    [TestCase("clientnonce")]
    [TestCase("clientnonceservernoncE")]
    [TestCase("clientnonceservernonceX")]
    public void Another_nonce_is_refused(string nonce)
    {
        var client = new ScramClient("pencil");
        (ScramServer server, string serverFirst) = Challenged(client);
        AssertFails(server.Respond(Encoding.UTF8.GetBytes(client.Final(serverFirst, nonce: nonce))), SaslFailure.NotAuthorized);
    }

    [TestCase("")]
    [TestCase("c=biws,r=clientnonceservernonce")]
    [TestCase("r=clientnonceservernonce,c=biws,p=AAAA")]
    [TestCase("c=,r=clientnonceservernonce,p=AAAA")]
    [TestCase("c=bi ws,r=clientnonceservernonce,p=AAAA", Description = "white space in base64")]
    [TestCase("c=biw,r=clientnonceservernonce,p=AAAA")]
    [TestCase("c=bi=s,r=clientnonceservernonce,p=AAAA", Description = "padding inside")]
    [TestCase("c=biws====,r=clientnonceservernonce,p=AAAA")]
    [TestCase("c=biws,r=clientnonceservernonce,p=AA=A")]
    [TestCase("c=biws,r=clientnonceservernonce,p=AAB=", Description = "bits left over")]
    [TestCase("c=biws,r=clientnonceservernonce,p=")]
    [TestCase("c=biws,r=clientnonceservernonce,m=must,p=AAAA")]
    [TestCase("c=biws,r=clientnonceservernonce,p=AAAA,x=y", Description = "the proof stands last")]
    [Property("Spec", "A-07")]
    public void A_malformed_final_message_is_malformed_request(string final)
    {
        (ScramServer server, _) = Challenged(new ScramClient("pencil"));
        AssertFails(server.Respond(Encoding.UTF8.GetBytes(final)), SaslFailure.MalformedRequest);
    }

    [Test]
    public void Calls_out_of_order_are_the_callers_error()
    {
        Assert.That(() => Server().Provide(Keys, true), Throws.InvalidOperationException);
        (ScramServer server, _) = Challenged(new ScramClient("pencil"));
        Assert.That(() => server.Provide(Keys, true), Throws.InvalidOperationException);
        server.Respond("x"u8);
        Assert.That(() => server.Respond("x"u8), Throws.InvalidOperationException);
    }

    [Test]
    public void Keys_of_another_hash_are_the_callers_error()
    {
        ScramServer server = Server();
        server.Respond("n,,n=user,r=abc"u8);
        Assert.That(() => server.Provide(ScramKeys.Derive(ScramHash.Sha1, "pencil", "salt"u8, 1), true), Throws.ArgumentException);
    }

    private static (ScramServer Server, string ServerFirst) Challenged(ScramClient client)
    {
        ScramServer server = Server();
        server.Respond(Encoding.UTF8.GetBytes(client.First));
        return (server, Encoding.UTF8.GetString(server.Provide(Keys, true).Data.Span));
    }
}
