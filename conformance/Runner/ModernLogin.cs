using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>SASL2 (XEP-0388 1.0.4) and what signs in with it.</summary>
internal static class ModernLogin
{
    public const string Ns = "urn:xmpp:sasl:2";
    private const string ChannelBindingNs = "urn:xmpp:sasl-cb:0";

    /// <summary>Connection, TLS as the venue says, and a stream whose header says who comes: what SASL2 begins with.</summary>
    public static async Task ArriveAsync(Actor actor, Venue venue, CancellationToken cancel)
    {
        await actor.OpenConnectionAsync(venue.Tls == TlsMode.Direct, cancel);
        if (venue.Tls == TlsMode.StartTls)
            await Login.SecureAsync(actor, cancel);
        await actor.OpenStreamAsync(cancel, actor.Account.Bare);
    }

    /// <summary>Authenticates with the first mechanism of ours that SASL2 offers, up to the client's last word; what the server says then is the play's.</summary>
    /// <param name="inline">What else is asked for, children of <c>authenticate</c> as text.</param>
    public static async Task<ScramExchange> AuthenticateAsync(Actor actor, string inline, CancellationToken cancel)
    {
        var offered = Mechanisms(actor.Management.Features, isModern: true);
        var (mechanism, hash) = Login.Scram.FirstOrDefault(candidate => offered.Contains(candidate.Mechanism));
        if (mechanism is null)
            throw new PlayFailedException("features that offer a SCRAM mechanism by SASL2", $"{actor.Management.Features}");
        var exchange = new ScramExchange(hash, actor.Account.Local, actor.Password);
        await actor.SendAsync(
            $"<authenticate xmlns='{Ns}' mechanism='{mechanism}'><initial-response>{exchange.First}</initial-response>{inline}</authenticate>", cancel);
        var challenge = await actor.ReceiveStanzaAsync("<challenge/> of SASL2");
        if (!challenge.Is(Ns, "challenge"))
            throw actor.Unexpected("<challenge/> of SASL2");
        await actor.SendAsync($"<response xmlns='{Ns}'>{exchange.Final(challenge.Text.Trim())}</response>", cancel);
        return exchange;
    }

    /// <summary>The hash over what the server offered, as XEP-0474 (0.5.0) §5.1 has it, in base64.</summary>
    /// <param name="isModern">The mechanisms of SASL2, else those of RFC 6120.</param>
    public static string DowngradeHash(Element? features, HashAlgorithmName hash, bool isModern)
    {
        var text = string.Join('\u001e', Mechanisms(features, isModern).Order(StringComparer.Ordinal));
        if (features?.Child(ChannelBindingNs, "sasl-channel-binding") is { } bindings)
            text += '\u001f' + string.Join('\u001e', bindings.Children.Select(static binding => binding["type"]).Order(StringComparer.Ordinal));
        return Convert.ToBase64String(CryptographicOperations.HashData(hash, Encoding.ASCII.GetBytes(text)));
    }

    /// <summary>The client's message of an HT mechanism (draft-schmaus-kitten-sasl-ht-09 §3.1), in base64.</summary>
    /// <param name="binding">The data of the channel binding, empty for HT-…-NONE.</param>
    public static string HashedTokenFirst(string user, string token, ReadOnlySpan<byte> binding) =>
        Convert.ToBase64String([.. Encoding.UTF8.GetBytes(user), 0, .. HashedToken(token, "Initiator"u8, binding)]);

    /// <summary>What proves that the server knows the token as well (§3.3), in base64.</summary>
    public static string HashedTokenFinal(string token, ReadOnlySpan<byte> binding) => Convert.ToBase64String(HashedToken(token, "Responder"u8, binding));

    private static byte[] HashedToken(string token, ReadOnlySpan<byte> role, ReadOnlySpan<byte> binding) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(token), (byte[])[.. role, .. binding]);

    private static HashSet<string> Mechanisms(Element? features, bool isModern) =>
    [
        .. (isModern ? features?.Child(Ns, "authentication") : features?.Child(Namespaces.Sasl, "mechanisms"))?.Children
            .Where(static child => child.LocalName == "mechanism").Select(static child => child.Text.Trim()) ?? [],
    ];
}
