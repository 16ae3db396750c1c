using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// Decides that something does not come without waiting for it: a stanza that is sent later from the same sender to the same
/// recipient must come later (RFC 6120 §10.1), so when that one is there, nothing else will come.
/// </summary>
internal sealed class Fences
{
    public const string Ns = "urn:x-presencexml:conformance:0";

    /// <summary>The ids of fences begin so, and with them the ids of answers to them.</summary>
    public const string IdPrefix = "fence-";

    private int count;

    /// <summary>Nothing but the fences of these senders may come.</summary>
    public async Task ExpectNothingAsync(Actor recipient, IReadOnlyList<Actor> senders, CancellationToken cancel)
    {
        var came = await CollectAsync(recipient, senders, cancel);
        if (came.Count > 0)
            throw new PlayFailedException($"{recipient.Name} receives nothing", string.Join(Environment.NewLine, came));
    }

    /// <summary>Waits until what these sent to each other has come, and forgets it.</summary>
    public async Task SettleAsync(IReadOnlyList<Actor> all, CancellationToken cancel)
    {
        // Twice: what the first round's stanzas set in motion (an automatic reply) has come when the second is through.
        for (var round = 0; round < 2; round++)
        {
            foreach (var recipient in all)
                await CollectAsync(recipient, all, cancel);
        }
    }

    /// <summary>Waits until the server has processed what this actor sent; what comes meanwhile is kept.</summary>
    public async Task SynchronizeAsync(Actor actor, string domain, CancellationToken cancel)
    {
        var before = new List<Received>();
        await AskAsync(actor, domain, before, cancel);
        actor.PutBack(before);
    }

    private async Task AskAsync(Actor actor, string domain, List<Received> before, CancellationToken cancel)
    {
        var id = $"{IdPrefix}{++count}";
        var question = actor switch
        {
            // XEP-0220 §2.2.2: a server answers this on each connection that was opened to it, whatever was proven there.
            PeerStream stream => $"<db:verify from='{stream.Account.Domain}' to='{domain}' id='{id}'>fence</db:verify>",
            PeerServer server => $"<iq type='get' from='{server.SenderAddresses[0]}' to='{domain}' id='{id}'><fence xmlns='{Ns}'/></iq>",
            _ => $"<iq type='get' to='{domain}' id='{id}'><fence xmlns='{Ns}'/></iq>",
        };
        await actor.SendAsync(question, cancel);
        while (await ReceiveAsync(actor) is var next && !(next is Received.Stanza { Value: { LocalName: "iq" or "verify" } answer } && answer["id"] == id))
        {
            before.Add(next);
            if (next is Received.Stanza or Received.Header)
                continue;
            if (actor is PeerStream)
                return; // The end of the stream is behind all that was sent, too.
            throw actor.Unexpected("a fence: an answer that must arrive");
        }
    }

    /// <summary>
    /// What a scripted server receives comes from two sides: answers to what it sent itself, which its own question is behind, and
    /// what clients of the server under test send.
    /// </summary>
    private async Task<List<Received>> CollectAsync(PeerServer recipient, IReadOnlyList<Actor> senders, CancellationToken cancel)
    {
        var others = new List<Received>();
        if (recipient.IsOnline && senders.Contains(recipient))
            await AskAsync(recipient, recipient.Peer, others, cancel);
        await SendFencesAsync(recipient, recipient.RecipientAddresses, [.. senders.Where(static sender => sender is not PeerServer)], others, cancel);
        return others;
    }

    private async Task<List<Received>> CollectAsync(Actor recipient, IReadOnlyList<Actor> senders, CancellationToken cancel)
    {
        if (recipient is PeerServer server)
            return await CollectAsync(server, senders, cancel);
        if (recipient is PeerStream stream)
        {
            var came = new List<Received>();
            await AskAsync(stream, stream.Peer, came, cancel);
            return came;
        }

        if (!recipient.IsOnline || recipient.Full is not { } full)
            throw new PlayFailedException($"{recipient.Name} is bound, for a fence to reach", "it is not; say 'receives nothing for N ms'");
        var others = new List<Received>();
        await SendFencesAsync(recipient, [full], senders, others, cancel);
        return others;
    }

    private async Task SendFencesAsync(
        Actor recipient, IReadOnlyList<string> addresses, IReadOnlyList<Actor> senders, List<Received> others, CancellationToken cancel)
    {
        var open = new HashSet<string>();
        foreach (var sender in senders)
        {
            foreach (var (from, to) in sender.SenderAddresses.SelectMany(from => addresses.Select(to => (from, to))))
            {
                var id = $"{IdPrefix}{++count}";
                open.Add(id);
                var stamp = from is null ? "" : $" from='{from}'";
                await sender.SendAsync($"<message type='headline'{stamp} to='{to}' id='{id}'><fence xmlns='{Ns}'/></message>", cancel);
            }
        }

        while (open.Count > 0)
        {
            var next = await ReceiveAsync(recipient);
            if (next is not (Received.Stanza or Received.Header))
                throw recipient.Unexpected("the fences");
            if (next is not Received.Stanza { Value: var stanza } || !IsFence(stanza) || !open.Remove(stanza["id"]!))
                others.Add(next);
        }
    }

    private static Task<Received> ReceiveAsync(Actor actor) => actor.ReceiveAsync("a fence: a later stanza that must arrive");

    private static bool IsFence(Element stanza) =>
        stanza["id"] is not null && stanza["type"] == "headline" && stanza.Children.Any(static child => child.Is(Ns, "fence"));
}
