using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>A client that signs in with a password or a token (XEP-0388, XEP-0484), written from the texts and not from the server's code.</summary>
internal sealed class FastClient(StreamHost host, string user = "juliet")
{
    public const string Laptop = "d4565fa7-4d72-4749-b3d3-740edbf87770";
    public const string Phone = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";
    private const string Ns = "urn:xmpp:sasl:2";
    private const string FastNs = "urn:xmpp:fast:0";

    /// <summary>What the client calls itself; null for a client that does not say.</summary>
    public string? Id { get; init; } = Laptop;

    public string Mechanism { get; init; } = "HT-SHA-256-NONE";

    /// <summary>The connection used last.</summary>
    public TestClient Connection { get; private set; } = null!;

    /// <summary>The token that was given last; null for none.</summary>
    public string? Token { get; set; }

    public string Expiry { get; private set; } = "";

    /// <summary>A client that was given a token.</summary>
    public static async Task<FastClient> WithTokenAsync(StreamHost host)
    {
        var client = new FastClient(host);
        await client.PasswordAsync();
        return client;
    }

    /// <summary>Signs in by PLAIN on a new connection and returns success or failure; asks for a token unless told otherwise.</summary>
    public Task<Element> PasswordAsync(string password = StreamHost.Password, string? inside = null) =>
        AskAsync("PLAIN", Encoding.UTF8.GetBytes($"\0{user}\0{password}"), inside ?? $"<request-token xmlns='{FastNs}' mechanism='{Mechanism}'/>");

    /// <summary>Signs in with a token on a new connection and returns success or failure.</summary>
    /// <param name="token">The token; null for the one given last.</param>
    /// <param name="attributes">Attributes of <c>fast</c>.</param>
    /// <param name="inside">What else is asked for.</param>
    /// <param name="mechanism">Another mechanism than the client's own.</param>
    public async Task<Element> TokenAsync(string? token = null, string attributes = "", string inside = "", string? mechanism = null)
    {
        token ??= Token!;
        await ConnectAsync();
        mechanism ??= Mechanism;
        byte[] binding = mechanism.EndsWith("-ENDP", StringComparison.Ordinal) ? SHA256.HashData(Connection.ServerCertificate!.RawData) : [];
        byte[] key = Encoding.UTF8.GetBytes(token);
        byte[] proof = CryptographicOperations.HmacData(HashAlgorithmName.SHA256, key, (byte[])[.. "Initiator"u8, .. binding]);
        Element answer = await SendAsync(mechanism, [.. Encoding.UTF8.GetBytes(user), 0, .. proof], $"<fast xmlns='{FastNs}' {attributes}/>{inside}");
        if (answer.LocalName == "success")
        {
            byte[] expected = CryptographicOperations.HmacData(HashAlgorithmName.SHA256, key, (byte[])[.. "Responder"u8, .. binding]);
            Assert.That(answer.Child(Ns, "additional-data")!.Text, Is.EqualTo(Convert.ToBase64String(expected)), "the server's own proof");
        }
        return answer;
    }

    /// <summary>The condition of a failure, or "success".</summary>
    public static string Outcome(Element answer) => answer.LocalName == "failure" ? answer.Children.First().LocalName : answer.LocalName;

    public static string JidIn(Element success) => success.Child(Ns, "authorization-identifier")!.Text;

    public static bool GivesToken(Element success) => success.Child(FastNs, "token") is not null;

    private async Task<Element> AskAsync(string mechanism, byte[] response, string inside)
    {
        await ConnectAsync();
        return await SendAsync(mechanism, response, inside);
    }

    private async Task ConnectAsync()
    {
        Connection = host.Connect();
        await Connection.SecureAsync();
    }

    private async Task<Element> SendAsync(string mechanism, byte[] response, string inside)
    {
        string agent = Id is null ? "" : $"<user-agent id='{Id}'><software>Test</software><device>Laptop</device></user-agent>";
        await Connection.SendAsync($"<authenticate xmlns='{Ns}' mechanism='{mechanism}'><initial-response>{Convert.ToBase64String(response)}</initial-response>{agent}{inside}</authenticate>");
        Element answer = Element.Parse(await Connection.ReadSaslAsync());
        if (answer.Child(FastNs, "token") is { } given)
        {
            Token = given["token"];
            Expiry = given["expiry"]!;
        }
        return answer;
    }
}
