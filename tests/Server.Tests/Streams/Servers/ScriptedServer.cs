using System.Net.Security;
using System.Text.RegularExpressions;

namespace PresenceXml.Server.Tests.Streams.Servers;

/// <summary>What a peer that the test plays says and hears, on either side of a connection.</summary>
internal static partial class ScriptedServer
{
    public const string StartTls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

    /// <summary>The header of one that connects.</summary>
    public static string Header(string? from, string? to, string ns = "jabber:server", string version = " version='1.0'") =>
        $"<?xml version='1.0'?><stream:stream xmlns='{ns}' xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams'" +
        $"{(from is null ? "" : $" from='{from}'")}{(to is null ? "" : $" to='{to}'")}{version}>";

    /// <summary>The header of one that is connected to.</summary>
    public static string Answer(string from, string id) => Header(from, null)[..^1] + $" id='{id}'>";

    /// <summary>Header, STARTTLS, header. Returns the answer over TLS.</summary>
    public static async Task<string> SecureAsync(this TestClient peer, string from, string to, SslStreamCertificateContext? own = null)
    {
        await peer.OpenAsync(Header(from, to));
        await peer.SendAsync(StartTls);
        await peer.ReadToAsync("/>");
        await peer.HandshakeAsync(to, own: own);
        return await peer.OpenAsync(Header(from, to));
    }

    /// <summary>The same and SASL EXTERNAL.</summary>
    public static async Task ProveAsync(this TestClient peer, string from, string to, (string Chain, string Key) certificate)
    {
        Assert.That(await peer.SecureAsync(from, to, ServerNet.Context(certificate)), Does.Contain("<mechanism>EXTERNAL</mechanism>"));
        await peer.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        Assert.That(await peer.ReadToAsync("/>"), Does.Contain("<success"));
        await peer.OpenAsync(Header(from, to));
    }

    /// <summary>Is connected to, and goes through STARTTLS as far as features without it.</summary>
    /// <param name="peer">The connection.</param>
    /// <param name="domain">Who it is.</param>
    /// <param name="certificate">What it shows.</param>
    /// <param name="features">What it offers then.</param>
    public static async Task AcceptAsync(this TestClient peer, string domain, (string Chain, string Key) certificate, string features = "")
    {
        await peer.ReadToAsync("version='1.0' xml:lang='en'>");
        await peer.SendAsync(Answer(domain, "id1") + $"<stream:features>{StartTls}</stream:features>");
        await peer.ReadToAsync(StartTls);
        await peer.SendAsync("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        await peer.AcceptAsync(ServerNet.Context(certificate));
        await peer.ReadToAsync("version='1.0' xml:lang='en'>");
        await peer.SendAsync(Answer(domain, "id2") + $"<stream:features>{features}</stream:features>");
    }

    /// <summary>Answers one question whether a key is right.</summary>
    public static async Task VerifyAsync(this TestClient peer, string domain, (string Chain, string Key) certificate, string type)
    {
        await peer.AcceptAsync(domain, certificate);
        string question = await peer.ReadToAsync("</db:verify>");
        await peer.SendAsync($"<db:verify from='{domain}' to='{Attribute(question, "from")}' id='{Attribute(question, "id")}' type='{type}'/>");
    }

    /// <summary>The condition of the stream error in what came.</summary>
    public static string? StreamError(string text) => ErrorPattern().Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    public static string Attribute(string xml, string name) => Regex.Match(xml, $" {name}='([^']*)'").Groups[1].Value;

    [GeneratedRegex("<stream:error><([a-z-]+)")]
    private static partial Regex ErrorPattern();
}
