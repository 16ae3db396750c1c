using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Rules;
using Notification = PresenceXml.Protocol.Stanzas.Presence;

namespace PresenceXml.Server.Modules.Watching;

/// <summary>
/// <c>watchers.&lt;domain&gt;</c>: somebody's own watchers as a PRESENTITY (RFC 2778 §2.4), for clients that know only contacts. Whoever asks is told of his
/// own watchers, whatever contact he asks: <c>me</c> for all of them, <c>romeo\40example.org</c> (XEP-0106 1.1) for one. It cannot be reached from elsewhere.
/// Stanzas come from inside gates, so they wait in a line that one task works off.
/// </summary>
internal sealed class WatcherService(
    WatcherReader reader, Watchers watchers, Presentities presentities, PresenceDelivery delivery, Subscriptions subscriptions, MessageDelivery messages, IqRouter iqs,
    LocalDomains domains, RemoteDomains remote, TimeProvider clock, ILogger<WatcherService> logger) : IAsyncDisposable
{
    private const string Prefix = "watchers.";
    private const string Resource = "/watchers";
    private const string InfoNs = "http://jabber.org/protocol/disco#info";
    private const string ItemsNs = "http://jabber.org/protocol/disco#items";

    // Of one answer; the list by iq or command has all.
    private const int MaxLines = 50;

    // A client that asks faster than it is answered is told to wait.
    private readonly Channel<Item> line = Channel.CreateBounded<Item>(1000);
    private Task working = Task.CompletedTask;
    private long sent;

    public void Register(ModuleBuilder module)
    {
        foreach (Jid domain in domains.All)
        {
            string service = Prefix + domain.Domain;
            // Somebody may have a domain or a component of that name.
            if (Jid.TryParse(service, out Jid? address) && !domains.Serves(address))
                remote.Services.TryAdd(service, Take);
        }
        module.Item(domain => remote.Services.ContainsKey(Prefix + domain) ? Prefix + domain : null);
        working = WorkAsync();
    }

    public async ValueTask DisposeAsync()
    {
        line.Writer.TryComplete();
        await working;
    }

    /// <summary>What was asked so far was answered when this ends.</summary>
    internal async Task WhenIdleAsync()
    {
        var mark = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (line.Writer.TryWrite(new Item(null, mark)))
            await mark.Task;
    }

    /// <summary>Tells an account's clients that have one of the contacts. Not under a gate.</summary>
    internal async ValueTask RefreshAsync(Presentity presentity)
    {
        string service = Prefix + presentity.Address.Domain;
        RosterItem[] contacts = [.. presentity.Roster.Items.Where(item => item.State.HasTo() && item.Jid.Domain == service)];
        if (contacts.Length == 0 || !presentity.IsAvailable)
            return;
        WatcherList list = await reader.ReadAsync(presentity);
        foreach (RosterItem contact in contacts)
            delivery.Send(Describe(presentity, contact.Jid, presentity.Address, list));
    }

    private StanzaError? Take(Stanza stanza)
    {
        if (stanza is Iq { IsRequest: false } or { IsError: true } or Notification)
            return null;
        // To others it is a name that nobody has.
        if (!domains.IsLocal(stanza.From!) || stanza.To!.Domain != Prefix + stanza.From!.Domain)
            return StanzaError.RemoteServerNotFound;
        if (stanza is Subscribe or Protocol.Stanzas.Fetch or Message or Iq && line.Writer.TryWrite(new Item(stanza, null)))
            return null;
        return StanzaError.ResourceConstraint;
    }

    private async Task WorkAsync()
    {
        await foreach (Item item in line.Reader.ReadAllAsync())
        {
            try
            {
                if (item.Mark is { } mark)
                {
                    mark.SetResult();
                    continue;
                }
                Stanza stanza = item.Stanza!;
                using PresentityLease? lease = await presentities.AcquireAsync(stanza.From!.Bare, CancellationToken.None);
                if (lease is not null)
                    await AnswerAsync(lease.Presentity, stanza);
            }
#pragma warning disable CA1031 // One question is no reason not to answer the others.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                WatchingLog.ServiceFailed(logger, exception, item.Stanza!.From!);
            }
        }
    }

    private async ValueTask AnswerAsync(Presentity presentity, Stanza stanza)
    {
        Jid contact = stanza.To!;
        switch (stanza)
        {
            case Iq iq:
                iqs.Return(Answer(iq));
                break;
            case Subscribe { Type: SubscribeType.Subscribe } when contact.HasLocal:
                await subscriptions.ReceiveAsync(
                    presentity, new Subscribe { Type = SubscribeType.Subscribed, From = contact.Bare, To = presentity.Address, Id = stanza.Id }, Strength.Secret);
                delivery.Send(Describe(presentity, contact.Bare, presentity.Address, await reader.ReadAsync(presentity)));
                break;
            case Protocol.Stanzas.Fetch when contact.HasLocal:
                delivery.Send(Describe(presentity, contact.Bare, stanza.From!, await reader.ReadAsync(presentity)));
                break;
            case Message { Type: MessageType.Chat or MessageType.Normal } message when message.Content.Has(null, "body"):
                Answer(presentity, message, await reader.ReadAsync(presentity));
                break;
        }
    }

    private Notification Describe(Presentity presentity, Jid contact, Jid to, WatcherList list)
    {
        Jid from = Jid.Parse(contact.Bare + Resource);
        WatcherEntry? entry = null;
        if (WatcherOf(contact) is { } watcher && (entry = list.Entries.FirstOrDefault(entry => entry.Record.Watcher == watcher)) is null)
            return new Notification { Type = PresenceType.Unavailable, From = from, To = to };
        string status = entry is null ? WatcherWords.Line(list) : WatcherWords.Line(entry);
        return new Notification
        {
            From = from,
            To = to,
            Content = StanzaContent.Of(new Element(Namespaces.Client, "show", "away"), new Element(Namespaces.Client, "status", status)),
        };
    }

    private void Answer(Presentity presentity, Message message, WatcherList list)
    {
        Jid contact = message.To!.Bare;
        string text = WatcherOf(contact) is not { } watcher
            ? WatcherWords.Text(list, presentity, watchers.DaysOf(presentity), MaxLines)
            : list.Entries.FirstOrDefault(entry => entry.Record.Watcher == watcher) is { } entry ? WatcherWords.Line(entry) : "Not among those who watch you.";
        messages.Deliver(
            presentity, null,
            new Message
            {
                Type = message.Type,
                From = contact,
                To = message.From,
                Id = string.Create(CultureInfo.InvariantCulture, $"watchers-{clock.GetUtcNow().ToUnixTimeSeconds()}-{++sent}"),
                // It can be asked for again, and is old tomorrow.
                Content = StanzaContent.Of(new Element(Namespaces.Client, "body", text), new Element("urn:xmpp:hints", "no-store")),
            },
            Strength.Secret, out _);
    }

    private static Iq Answer(Iq iq)
    {
        Element payload = iq.Content.Child(0);
        if (iq.Type == IqType.Get && payload.Is(InfoNs, "query") && payload["node"] is null or "")
        {
            return iq.ToResult(new Element(
                InfoNs, "query",
                new Element(InfoNs, "identity", new XmlAttribute("category", "headline"), new XmlAttribute("type", "newmail"), new XmlAttribute("name", "Who watches me")),
                new Element(InfoNs, "feature", new XmlAttribute("var", InfoNs)),
                new Element(InfoNs, "feature", new XmlAttribute("var", ItemsNs))));
        }
        if (iq.Type == IqType.Get && payload.Is(ItemsNs, "query") && payload["node"] is null or "")
        {
            // The one contact that somebody who finds the service can add.
            return iq.ToResult(new Element(
                ItemsNs, "query",
                iq.To!.HasLocal ? null : new Element(ItemsNs, "item", new XmlAttribute("jid", "me@" + iq.To.Domain), new XmlAttribute("name", "Who watches me"))));
        }
        return (Iq)iq.ToError(StanzaError.ServiceUnavailable)!;
    }

    // XEP-0106: the watcher that a contact stands for; null: it stands for all.
    private static Jid? WatcherOf(Jid contact) => Escaping.Unescape(contact.Local ?? "") is { } text && text.Contains('@', StringComparison.Ordinal) && Jid.TryParse(text, out Jid? watcher) ? watcher.Bare : null;

    /// <summary>What waits to be done: a question, or to say that those before it were answered.</summary>
    private readonly record struct Item(Stanza? Stanza, TaskCompletionSource? Mark);
}
