using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>Tells sessions that asked what others have changed, in the order of the changes: under the gate, all of it.</summary>
internal sealed class InboxPushes(InboxStore inbox)
{
    // Ids that are named; who is told of more looks anew.
    private const int Named = 100;

    private long pushes;

    /// <summary>Something was done to messages.</summary>
    /// <param name="presentity">The account.</param>
    /// <param name="state">Its state.</param>
    /// <param name="by">Who did it and need not be told.</param>
    /// <param name="what">What was done.</param>
    /// <param name="box">The box it concerns as a whole, or the one they went to; null: neither.</param>
    /// <param name="sequences">The messages.</param>
    /// <param name="item">What they are called: one of them can stand for all before it.</param>
    public void Tell(Presentity presentity, InboxState state, ClientSession? by, string what, string? box, long[] sequences, string item = "item")
    {
        if (state.Asked.IsEmpty)
            return;
        Tell(presentity, state, by, new Element(
            InboxModule.Ns, what,
            box is null ? null : new XmlAttribute("box", InboxWriter.NameOf(box)),
            item == "item" ? InboxWriter.Number("count", sequences.Length) : null,
            sequences.Length > Named ? null : sequences.Select(sequence => new Element(InboxModule.Ns, item, new XmlAttribute("id", inbox.StanzaId(presentity.Address, sequence))))));
    }

    /// <summary>A client displayed what somebody wrote.</summary>
    public void TellDisplayed(Presentity presentity, InboxState state, Jid peer)
    {
        if (!state.Asked.IsEmpty)
            Tell(presentity, state, null, new Element(InboxModule.Ns, "displayed", new XmlAttribute("jid", peer.ToString())));
    }

    private void Tell(Presentity presentity, InboxState state, ClientSession? by, Element change)
    {
        foreach (ClientSession session in presentity.Sessions)
        {
            if (session == by || !state.Asked.Contains(session))
                continue;
            session.Push(new Message
            {
                Type = MessageType.Headline,
                From = presentity.Address,
                To = session.Address,
                Id = string.Create(CultureInfo.InvariantCulture, $"inbox-{Interlocked.Increment(ref pushes)}"),
                Content = StanzaContent.Of(new Element(InboxModule.Ns, "changed", change)),
            });
        }
    }
}
