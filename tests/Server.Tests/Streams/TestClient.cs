using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Tests.Streams;

/// <summary>A client that says what the test tells it to, and reads text. Any wait that takes half a minute of real time fails.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    public const string Header = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
    private const string SaslNs = "urn:ietf:params:xml:ns:xmpp-sasl";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly byte[] buffer = new byte[16 * 1024];
    private readonly Stream connection;
    private readonly Action? hangUp;
    private Stream stream;
    private string unread = "";

    /// <param name="connection">The bytes.</param>
    /// <param name="hangUp">Ends the connection where disposing the stream does not.</param>
    public TestClient(Stream connection, Action? hangUp = null)
    {
        this.hangUp = hangUp;
        this.connection = connection;
        stream = connection;
    }

    /// <summary>The certificate the server showed.</summary>
    public X509Certificate2? ServerCertificate { get; private set; }

    public SslStream? Tls { get; private set; }

    public Task SendAsync(string xml) => SendAsync(Encoding.UTF8.GetBytes(xml));

    public async Task SendAsync(byte[] bytes)
    {
        await stream.WriteAsync(bytes).AsTask().WaitAsync(Patience);
        await stream.FlushAsync().WaitAsync(Patience);
    }

    /// <summary>Reads up to and including a text, and returns all of it.</summary>
    public async Task<string> ReadToAsync(string end)
    {
        while (true)
        {
            int at = unread.IndexOf(end, StringComparison.Ordinal);
            if (at >= 0)
            {
                string taken = unread[..(at + end.Length)];
                unread = unread[taken.Length..];
                return taken;
            }
            if (!await ReadMoreAsync()) throw new AssertionException($"The connection ended; \"{end}\" did not come. What came: {unread}");
        }
    }

    /// <summary>Reads to the end of the connection, and returns what came.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await ReadMoreAsync()) { }
        string all = unread;
        unread = "";
        return all;
    }

    /// <summary>Whatever comes next; "" at the end of the connection.</summary>
    public async Task<string> ReadMoreAsync(CancellationToken cancel)
    {
        if (unread.Length == 0 && !await ReadMoreAsync().WaitAsync(cancel)) return "";
        string all = unread;
        unread = "";
        return all;
    }

    private async Task<bool> ReadMoreAsync()
    {
        int count;
        try
        {
            count = await stream.ReadAsync(buffer).AsTask().WaitAsync(Patience);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            return false;   // cut
        }
        unread += Encoding.UTF8.GetString(buffer, 0, count);
        return count > 0;
    }

    /// <summary>Opens a stream and returns the header and features of the answer.</summary>
    public async Task<string> OpenAsync(string? header = null)
    {
        await SendAsync(header ?? Header);
        return await ReadToAsync("</stream:features>");
    }

    public async Task StartTlsAsync()
    {
        await SendAsync("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await ReadToAsync("/>");
        await HandshakeAsync("localhost");
    }

    public async Task HandshakeAsync(string name, List<SslApplicationProtocol>? protocols = null, SslProtocols versions = SslProtocols.None, SslStreamCertificateContext? own = null)
    {
        if (unread.Length > 0) throw new AssertionException("Text behind <proceed/>: " + unread);
        Tls = new SslStream(stream, leaveInnerStreamOpen: false);
        await Tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            EnabledSslProtocols = versions,
            ApplicationProtocols = protocols,
            ClientCertificateContext = own,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                ServerCertificate = new X509Certificate2(certificate!);
                // A self-signed one at that: which it is, is for the test to look at.
                return certificate is not null;
            },
        }).WaitAsync(Patience);
        stream = Tls;
    }

    /// <summary>False: it turns down whatever certificate a server shows as TLS client.</summary>
    public bool TakesAny { get; set; } = true;

    /// <summary>True when the server showed a certificate as TLS client.</summary>
    public bool PeerShownCertificate { get; private set; }

    /// <summary>Does the handshake as the server, and asks for a certificate.</summary>
    public async Task AcceptAsync(SslStreamCertificateContext own)
    {
        Tls = new SslStream(stream, leaveInnerStreamOpen: false);
        await Tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = own,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                PeerShownCertificate = certificate is not null;
                return TakesAny;
            },
        }).WaitAsync(Patience);
        stream = Tls;
    }

    /// <summary>Header, STARTTLS, header: returns the features over TLS.</summary>
    public async Task<string> SecureAsync(string? header = null)
    {
        await OpenAsync(header);
        await StartTlsAsync();
        return await OpenAsync(header);
    }

    /// <summary>Sends credentials by PLAIN and returns the answer.</summary>
    public async Task<string> PlainAsync(string user, string password, string authzid = "")
    {
        await SendAsync($"<auth xmlns='{SaslNs}' mechanism='PLAIN'>{Base64($"{authzid}\0{user}\0{password}")}</auth>");
        return await ReadSaslAsync();
    }

    /// <summary>Goes through SCRAM and returns the last answer of the server.</summary>
    /// <param name="mechanism">The name to ask for.</param>
    /// <param name="user">The user name.</param>
    /// <param name="password">The password.</param>
    /// <param name="gs2">The flag and authzid, up to and including the second comma.</param>
    /// <param name="binding">The data of the channel binding.</param>
    public async Task<string> ScramAsync(string mechanism, string user, string password, string gs2 = "n,,", byte[]? binding = null)
    {
        Assert.That(ScramHashes.TryParseMechanism(mechanism, out ScramHash hash, out _), Is.True);
        var scram = new ScramClient(hash, user, password, gs2, binding ?? []);
        await SendAsync($"<auth xmlns='{SaslNs}' mechanism='{mechanism}'>{Base64(scram.First)}</auth>");
        string answer = await ReadSaslAsync();
        if (!answer.Contains("<challenge", StringComparison.Ordinal)) return answer;
        await SendAsync($"<response xmlns='{SaslNs}'>{Base64(scram.Final(TextOf(answer)))}</response>");
        answer = await ReadSaslAsync();
        if (answer.Contains("<success", StringComparison.Ordinal)) Assert.That(TextOf(answer), Is.EqualTo(scram.ExpectedSignature), "the server's signature");
        return answer;
    }

    /// <summary>Everything up to a bound resource; returns the full JID.</summary>
    public async Task<string> LoginAsync(string user, string password, string? resource = null)
    {
        await SecureAsync();
        Assert.That(await PlainAsync(user, password), Does.Contain("<success"));
        await OpenAsync();
        return await BindAsync(resource);
    }

    public async Task<string> BindAsync(string? resource = null)
    {
        string asked = resource is null ? "" : $"<resource>{resource}</resource>";
        await SendAsync($"<iq type='set' id='bind1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{asked}</bind></iq>");
        string answer = await ReadToAsync("</iq>");
        Assert.That(answer, Does.Contain("<jid>"));
        return answer[(answer.IndexOf("<jid>", StringComparison.Ordinal) + 5)..answer.IndexOf("</jid>", StringComparison.Ordinal)];
    }

    /// <summary>One answer of SASL.</summary>
    public async Task<string> ReadSaslAsync()
    {
        string start = await ReadToAsync(">");
        string name = start[1..start.IndexOfAny([' ', '/', '>'])];
        return start.EndsWith("/>", StringComparison.Ordinal) ? start : start + await ReadToAsync($"</{name}>");
    }

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>The base64 text of an element, decoded.</summary>
    public static string TextOf(string element)
    {
        string text = element[(element.IndexOf('>', StringComparison.Ordinal) + 1)..element.LastIndexOf('<')];
        return Encoding.UTF8.GetString(Convert.FromBase64String(text));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await stream.DisposeAsync();
        }
        catch (IOException)
        {
            // The server closed first.
        }
        await connection.DisposeAsync();
        hangUp?.Invoke();
    }
}
