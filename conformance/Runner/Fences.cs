using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>
/// Decides that something does not come without waiting for it: a stanza that is sent later from the same sender to the same
/// recipient must come later (RFC 6120 §10.1), so when that one is there, nothing else will come.
/// </summary>
internal sealed class Fences
{
    private const string Ns = "urn:x-presencexml:conformance:0";
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
        var id = $"fence-{++count}";
        await actor.SendAsync($"<iq type='get' to='{domain}' id='{id}'><fence xmlns='{Ns}'/></iq>", cancel);
        var before = new List<Received>();
        while (await ReceiveAsync(actor) is var next && !(next is Received.Stanza { Value: var iq } && iq.LocalName == "iq" && iq["id"] == id))
            before.Add(next);
        actor.PutBack(before);
    }

    private async Task<List<Received>> CollectAsync(Actor recipient, IReadOnlyList<Actor> senders, CancellationToken cancel)
    {
        if (!recipient.IsOnline || recipient.Full is not { } full)
            throw new PlayFailedException($"{recipient.Name} is bound, for a fence to reach", "it is not; say 'receives nothing for N ms'");
        var open = new HashSet<string>();
        foreach (var sender in senders)
        {
            var id = $"fence-{++count}";
            open.Add(id);
            await sender.SendAsync($"<message type='headline' to='{full}' id='{id}'><fence xmlns='{Ns}'/></message>", cancel);
        }

        var others = new List<Received>();
        while (open.Count > 0)
        {
            var next = await ReceiveAsync(recipient);
            if (next is Received.ConnectionClose or Received.StreamClose)
                throw recipient.Unexpected("the fences");
            if (next is not Received.Stanza { Value: var stanza } || !IsFence(stanza) || !open.Remove(stanza["id"]!))
                others.Add(next);
        }

        return others;
    }

    private static Task<Received> ReceiveAsync(Actor actor) => actor.ReceiveAsync("a fence: a later stanza that must arrive");

    private static bool IsFence(Element stanza) =>
        stanza["id"] is not null && stanza["type"] == "headline" && stanza.Children.Any(static child => child.Is(Ns, "fence"));
}
