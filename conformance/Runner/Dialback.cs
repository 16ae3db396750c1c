using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>Server dialback (XEP-0220): the keys of one scripted server and what it says.</summary>
/// <param name="domain">The domain the keys prove.</param>
/// <param name="secret">What only this domain knows.</param>
public sealed class Dialback(string domain, string secret)
{
    public const string Ns = "jabber:server:dialback";
    public const string FeatureNs = "urn:xmpp:features:dialback";
    private readonly byte[] hashedSecret = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))));

    /// <summary>The key for a stream to another domain (XEP-0185).</summary>
    /// <param name="target">The domain that is to be convinced.</param>
    public string Key(string target, string streamId) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(
            hashedSecret,
            Encoding.UTF8.GetBytes($"{target} {domain} {streamId}")));

    /// <summary>Claims the domain on a stream that was opened to <paramref name="target"/>.</summary>
    public string Claim(string target, string streamId) => $"<db:result from='{domain}' to='{target}'>{Key(target, streamId)}</db:result>";

    /// <summary>The truthful answer to a <c>&lt;db:verify/&gt;</c>.</summary>
    public string Answer(Element verify)
    {
        var isValid = verify["to"] == domain && verify["from"] is { } target && verify["id"] is { } id && verify.Text == Key(target, id);
        return $"<db:verify from='{verify["to"]}' to='{verify["from"]}' id='{verify["id"]}' type='{(isValid ? "valid" : "invalid")}'/>";
    }

    /// <summary>Accepts another server's claim without asking back, which XEP-0220 §2.1.1 leaves to the receiving server.</summary>
    public static string Accept(Element result) => $"<db:result from='{result["to"]}' to='{result["from"]}' type='valid'/>";
}
