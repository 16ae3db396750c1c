using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;

namespace PresenceXml.Conformance.Runner;

/// <summary>One connection of a scripted server, which a play can lead step by step: the one it opened, or one that it accepted.</summary>
public sealed class PeerStream(string name, string domain, Dialback dialback, X509Certificate2 certificate, Venue venue, Matcher matcher, StepLog? log = null)
    : Actor(new(name, name, null, null, false, IsServer: true), new("", domain, ""), venue, matcher, log)
{
    private readonly Venue venue = venue;
    private bool isAccepted;
    private bool acceptsClaims;
    private string? caller;

    /// <summary>The domain of the server under test.</summary>
    public string Peer => venue.Domain;

    public override string ContentNamespace => Namespaces.Server;

    protected override string Header => OpeningTag(domain, venue.Domain, null);

    public override async Task OpenConnectionAsync(bool direct, CancellationToken cancel)
    {
        var port = venue.ServerPort ?? throw new PlayFailedException("a port for servers", "none is known");
        await UseAsync(await XmppConnection.OpenAsync(venue.Host, port, cancel));
    }

    /// <summary>Goes on with a connection that the server under test opened.</summary>
    public async Task AcceptAsync(Socket socket)
    {
        await UseAsync(XmppConnection.Accepted(socket));
        isAccepted = true;
    }

    public override async Task StartTlsAsync(CancellationToken cancel)
    {
        await (isAccepted
            ? Connection.SecureAsServerAsync(certificate, cancel)
            : Connection.SecureAsync(venue.Domain, insecure: true, direct: false, cancel, certificate));
        Management.Restart();
    }

    public override void Note(StreamHeader header)
    {
        base.Note(header);
        caller = header.From;
    }

    /// <summary>TLS as the venue says, from whichever side.</summary>
    public async Task SecureAsync(CancellationToken cancel)
    {
        if (venue.Tls == TlsMode.None)
            return;
        if (!isAccepted)
        {
            await Login.SecureAsync(this, cancel);
            return;
        }

        await AnswerStreamAsync(offersTls: true, cancel);
        if (!(await ReceiveStanzaAsync("<starttls/>")).Is(Namespaces.Tls, "starttls"))
            throw Unexpected("<starttls/>");
        await SendAsync(Proceed, cancel);
        await StartTlsAsync(cancel);
    }

    /// <summary>Takes the header of the server under test and answers it with header and features.</summary>
    public async Task AnswerStreamAsync(bool offersTls, CancellationToken cancel)
    {
        if (await ReceiveAsync("a stream header") is not Received.Header { Value: var header })
            throw Unexpected("a stream header");
        Note(header);
        var id = NewStreamId();
        await SendAsync(OpeningTag(domain, caller, id) + Features(offersTls), cancel);
        NoteAnswered(id);
    }

    /// <summary>Claims the domain and waits until that was verified, which takes a connection the other way.</summary>
    public async Task ProveDomainAsync(CancellationToken cancel)
    {
        const string expected = "<db:result type='valid'/>";
        await SendAsync(dialback.Claim(venue.Domain, StreamId ?? throw Unexpected("a stream id")), cancel);
        var answer = await ReceiveStanzaAsync(expected);
        if (!answer.Is(Dialback.Ns, "result") || answer["type"] != "valid" || answer["from"] != venue.Domain || answer["to"] != domain)
            throw Unexpected(expected);
        NoteProven();
    }

    /// <summary>From here on each claim of a domain is answered with valid and not shown: what the server does about its own direction is not the subject.</summary>
    public void AcceptClaims() => acceptsClaims = true;

    protected override async Task<Received> NextAsync(TimeSpan patience)
    {
        while (true)
        {
            var next = await base.NextAsync(patience);
            if (LifeSign.Is(next, venue.Domain, domain))
                continue;
            if (!acceptsClaims || next is not Received.Stanza { Value: var claim } || !claim.Is(Dialback.Ns, "result") || claim["type"] is not null)
                return next;
            await SendAsync(Dialback.Accept(claim), CancellationToken.None);
        }
    }

    /// <summary>Remembers that the domain pair was verified: stanzas may flow.</summary>
    public void NoteProven() => NoteOnline();

    internal const string Proceed = $"<proceed xmlns='{Namespaces.Tls}'/>";

    internal static string NewStreamId() => Convert.ToHexStringLower(Guid.NewGuid().ToByteArray());

    internal static string OpeningTag(string from, string? to, string? id) =>
        $"<?xml version='1.0'?><stream:stream xmlns='{Namespaces.Server}' xmlns:stream='{Namespaces.Streams}' xmlns:db='{Dialback.Ns}' from='{from}'"
        + (to is null ? "" : $" to='{to}'") + (id is null ? "" : $" id='{id}'") + " version='1.0' xml:lang='en'>";

    internal static string Features(bool offersTls) =>
        "<stream:features>" + (offersTls ? $"<starttls xmlns='{Namespaces.Tls}'/>" : "")
        + $"<dialback xmlns='{Dialback.FeatureNs}'><errors/></dialback></stream:features>";
}
