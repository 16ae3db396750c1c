using System.Buffers;
using System.Text;
using NUnit.Framework;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Routing;

namespace PresenceXml.Testing;

/// <summary>
/// All other servers at once, without a link: what the server sends there is caught, in order; what is sent from there goes through the
/// decoder and the stanza reader, in the namespace of servers, into the heart.
/// </summary>
public sealed class RemoteServer
{
    private readonly RemoteRouter router;
    private readonly StreamDecoder decoder = new(new XmlLimits(0, 0, 0));
    private readonly Queue<Element> caught = new();
    private readonly Lock door = new();

    public RemoteServer(TestServer server) : this(server.Get<RemoteRouter>(), server.Get<RemoteDomains>())
    {
    }

    public RemoteServer(RemoteRouter router, RemoteDomains domains)
    {
        this.router = router;
        domains.Taker = Take;
        var header = new ReadOnlySequence<byte>(Xml.ToBytes($"<stream:stream xmlns='{Namespaces.Server}' xmlns:stream='{Namespaces.Streams}' version='1.0'>"));
        decoder.TryRead(ref header, out _);
    }

    /// <summary>The stream all of it comes on.</summary>
    public RemoteOrigin Origin { get; private set; } = new(DomainProof.Dialback);

    /// <summary>What becomes of a stanza, before it is caught; null: it is taken.</summary>
    public Func<Stanza, StanzaError?> Refuse { get; set; } = static _ => null;

    /// <summary>Sends stanzas, with <c>from</c> and <c>to</c>, and returns when the server is ready for the next one.</summary>
    public Task SendAsync(string xml) => SendAsync(xml, Origin);

    /// <summary>As the other, on a stream of its own.</summary>
    public async Task SendAsync(string xml, RemoteOrigin origin)
    {
        var bytes = new ReadOnlySequence<byte>(Xml.ToBytes(xml));
        while (decoder.TryRead(ref bytes, out StreamEvent next))
        {
            Stanza stanza = StanzaReader.Read(next.Element!, out StanzaError? problem) ?? throw new ArgumentException("no stanza: " + xml);
            if (problem is not null)
                await router.RefuseAsync(origin, stanza, problem);
            else
                await router.RouteAsync(origin, stanza, CancellationToken.None);
        }
    }

    /// <summary>The link gives back what it could not send, as an error to who sent it.</summary>
    public void Return(string sent, StanzaError error)
    {
        var header = new ReadOnlySequence<byte>(Xml.ToBytes($"<stream:stream xmlns='{Namespaces.Client}' xmlns:stream='{Namespaces.Streams}' version='1.0'>"));
        var bytes = new ReadOnlySequence<byte>(Xml.ToBytes(sent));
        var returning = new StreamDecoder(new XmlLimits(0, 0, 0));
        returning.TryRead(ref header, out _);
        returning.TryRead(ref bytes, out StreamEvent next);
        router.Return(StanzaReader.Read(next.Element!, out _)!.ToError(error)!);
    }

    /// <summary>The link to this domain failed.</summary>
    public void Lose(string local, string remote) => router.Unreachable(new DomainPair(local, remote));

    /// <summary>The stream ends; what comes from now on comes on another one.</summary>
    public void EndStream(bool isLost)
    {
        router.End(Origin, isLost);
        Origin = new RemoteOrigin(Origin.Proof);
    }

    /// <summary>The next stanza the server sent, which must match.</summary>
    public Element Expect(string xml)
    {
        Element expected = Xml.Parse(xml);
        Element? actual;
        lock (door)
        {
            if (!caught.TryDequeue(out actual))
                throw new AssertionException($"nothing was sent, expected {xml}");
        }
        if (Xml.Mismatch(expected, actual) is { } mismatch)
            Assert.Fail($"the server sent {actual}\nexpected {xml}\n{mismatch}");
        return actual;
    }

    /// <summary>The server sent nothing more.</summary>
    public void ExpectNothing() => Assert.That(Drain(), Is.Empty);

    /// <summary>Everything the server sent and nobody has looked at.</summary>
    public IReadOnlyList<Element> Drain()
    {
        lock (door)
        {
            Element[] all = [.. caught];
            caught.Clear();
            return all;
        }
    }

    private StanzaError? Take(Stanza stanza)
    {
        if (Refuse(stanza) is { } error)
            return error;
        // What stands on a stream of servers, but for the namespace, so that tests write it as they write all stanzas.
        var output = new ArrayBufferWriter<byte>();
        StanzaWriter.Write(output, stanza, Namespaces.Client);
        lock (door)
            caught.Enqueue(Xml.Parse(Encoding.UTF8.GetString(output.WrittenSpan)));
        return null;
    }
}
