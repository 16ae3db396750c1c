using System.Buffers;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Messaging;

/// <summary>What the hot path allocates, decoding included; <c>bench/</c> measures what it costs in time.</summary>
public sealed class RoutingCostTests : ServerFixture
{
    // A message that goes into the logs of both accounts costs a batch on top. What the store's own thread needs is the store's matter.
    // Stream management (XEP-0198) adds the marks in the sender's log and the ring of what is not acknowledged, and no object for each stanza.
    [TestCase("<no-store xmlns='urn:xmpp:hints'/>", 1024, false)]
    [TestCase("", 1024, false)]
    [TestCase("", 1024, true)]
    public async Task Routing_a_chat_message_of_200_bytes_to_a_full_address_allocates_little_and_never_waits(string hint, int limit, bool isManaged)
    {
        await Server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        await using TestClient romeo = await Server.LoginAsync("romeo@localhost/orchard");
        // Read below, on this thread, so that queue and log stay as short as with a client that reads.
        await using TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony", reads: false);
        if (isManaged)
        {
            await ManageAsync(romeo.Session);
            await ManageAsync(juliet.Session);
        }
        const int Rounds = 2016;
        string start = "<message to='juliet@localhost/balcony' id='a1b2c3' type='chat'><body>", end = $"</body>{hint}</message>";
        byte[] message = Encoding.UTF8.GetBytes(start + new string('x', 200 - start.Length - end.Length) + end);
        var decoder = new StreamDecoder(new XmlLimits(0, 0, 0));
        var header = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes($"<stream:stream xmlns='{Namespaces.Client}' xmlns:stream='{Namespaces.Streams}' version='1.0'>"));
        decoder.TryRead(ref header, out _);
        Router router = Server.Get<Router>();
        Run(decoder, message, router, romeo.Session, juliet.Session, 512);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(decoder, message, router, romeo.Session, juliet.Session, Rounds);
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
        await TestContext.Out.WriteLineAsync($"{each} bytes per message");
        Assert.That(each, Is.LessThan(limit));
    }

    private uint acknowledged;

    private void Run(StreamDecoder decoder, byte[] message, Router router, ClientSession session, ClientSession recipient, int rounds)
    {
        var addresses = new JidCache();
        var batch = new List<OutboxItem>();
        var output = new ArrayBufferWriter<byte>(1024);
        StreamManagement? management = session.Management;
        for (int i = 0; i < rounds; i++)
        {
            var bytes = new ReadOnlySequence<byte>(message);
            decoder.TryRead(ref bytes, out StreamEvent next);
            Stanza stanza = StanzaReader.Read(next.Element!, out _, addresses, session.Address)!;
            management?.Begin();
            ValueTask routing = router.RouteAsync(session, stanza, CancellationToken.None);
            if (!routing.IsCompletedSuccessfully)
                throw new InvalidOperationException("The path waits.");
            management?.Done();
            if (i % 32 != 31)
                continue;
            ValueTask<bool> reading = recipient.Outbox.ReadAsync(batch, CancellationToken.None);
            if (!reading.IsCompletedSuccessfully || batch.Count != 32)
                throw new InvalidOperationException("What was routed is not there.");
            foreach (OutboxItem item in batch)
            {
                output.ResetWrittenCount();
                recipient.Outbox.Write(output, item);
            }
            output.ResetWrittenCount();
            recipient.Outbox.WriteBefore(output);
            recipient.Outbox.WriteBehind(output);
            recipient.Outbox.Written(batch);
            if (management is null)
                continue;
            // Each side answers the other.
            recipient.Outbox.Acknowledged(acknowledged += 32);
            management.Answer();
        }
    }

    private async Task ManageAsync(ClientSession session)
    {
        await Server.Get<SessionKeeper>().EnableAsync(session, resumable: true, null, static () => { });
        session.Outbox.Manage(null, 1000, 262144);
    }
}
