using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>What rules report (XEP-0377 0.4.1): kept with the account, one for each sender and so many at most, and sent to whom the configuration names.</summary>
public sealed class DeliveryReports(TimeProvider clock, ILogger<DeliveryReports> logger)
{
    /// <summary>Of one account; the oldest is forgotten first.</summary>
    public const int Max = 100;

    private const string Ns = "urn:xmpp:reporting:1";
    private const int MaxBytes = 16 * 1024;
    private static readonly TimeSpan Again = TimeSpan.FromDays(1);

    private KeyedStore? store;
    private Jid? to;

    internal void Attach(KeyedStore keyed, Jid? reader)
    {
        store = keyed;
        to = reader;
    }

    /// <summary>Keeps a report. Returns what is to be sent to whom the configuration names; null for nothing, so also for a sender of whom he heard within a day.</summary>
    /// <param name="account">Who reports.</param>
    /// <param name="domain">In whose name it is sent.</param>
    /// <param name="stanza">What came.</param>
    /// <param name="reason">spam or abuse.</param>
    /// <exception cref="StorageException">It could not be stored.</exception>
    internal async ValueTask<Message?> AddAsync(Jid account, Jid domain, Stanza stanza, string reason)
    {
        if (store is null)
            return null;
        string sender = stanza.From!.Bare.ToString();
        IReadOnlyList<Element> kept = await ListAsync(account, CancellationToken.None);
        Element? before = kept.FirstOrDefault(report => report["sender"] == sender);
        DateTimeOffset now = clock.GetUtcNow();
        int count = before is null ? 1 : int.Parse(before["count"]!, CultureInfo.InvariantCulture) + 1;
        Element report = ToElement(stanza, sender, reason, now, count);
        IEnumerable<string> tooMany = before is null && kept.Count >= Max
            ? kept.OrderBy(static one => one["stamp"], StringComparer.Ordinal).Take(kept.Count - Max + 1).Select(static one => one["sender"]!)
            : [];
        await store.ReplaceAsync(account, [new(sender, Encoding.UTF8.GetBytes(report.ToString()))], tooMany);
        DeliveryLog.Reported(logger, account, stanza.From.Bare, reason);
        bool isNews = before is null || now - DateTimeOffset.Parse(before["stamp"]!, CultureInfo.InvariantCulture) >= Again;
        return to is null || !isNews ? null : new Message
        {
            From = domain,
            To = to,
            Content = StanzaContent.Of(
                new Element(Namespaces.Client, "body", $"{account} reports {sender} for {reason}."),
                report),
        };
    }

    /// <summary>The reports of an account.</summary>
    /// <exception cref="StorageException">The store could not be read.</exception>
    internal async ValueTask<IReadOnlyList<Element>> ListAsync(Jid account, CancellationToken cancel) =>
        [.. (await store!.ListAsync(account, cancel)).Select(static entry => Element.Parse(entry.Value.Span))];

    private static Element ToElement(Stanza stanza, string sender, string reason, DateTimeOffset now, int count) =>
        new(Ns, "report",
            new XmlAttribute("reason", "urn:xmpp:reporting:" + reason),
            new XmlAttribute("sender", sender),
            new XmlAttribute("count", count.ToString(CultureInfo.InvariantCulture)),
            new XmlAttribute("stamp", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            stanza.Content.Length > MaxBytes ? null : new Element("urn:xmpp:forward:0", "forwarded", Redirection.ToElement(stanza)));
}
