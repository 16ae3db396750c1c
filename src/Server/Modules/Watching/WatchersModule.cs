using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Presence.Watching;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules.Watching;

/// <summary>WATCHER INFORMATION (RFC 2778 §2.4) on the wire, as documents of RFC 3858. docs/protocol/watchers.md.</summary>
internal sealed class WatchersModule(Watchers watchers, WatcherReader reader, TimeProvider clock, IServiceProvider services, ILogger<WatchersModule> logger) : IModule, IAsyncDisposable
{
    private const string Ns = Watchers.Ns;

    private WatcherKeeper? keeper;
    private WatcherService? service;

    /// <summary>Shows people their watchers as contacts; null when that is switched off.</summary>
    internal WatcherService? Service => service;

    /// <summary>Looks after what was noted; null when that is switched off.</summary>
    internal WatcherKeeper? Keeper => keeper;

    public void Register(ModuleBuilder module)
    {
        WatchersOptions options = module.Options<WatchersOptions>("watchers");
        if (!options.Enabled)
            return;
        watchers.DefaultDays = options.Days;
        watchers.MaxStrangers = options.MaxStrangers;
        watchers.PollEvery = TimeSpan.FromSeconds(options.PollSeconds);
        keeper = new WatcherKeeper(watchers, TellAsync, clock, logger);
        module
            .Feature(Addressee.Domain, Ns)
            .Feature(Addressee.Account, Ns)
            .OnGet(Addressee.Account, Ns, "watchers", ReadAsync, strangers: true)
            .OnSet(Addressee.Account, Ns, "window", (iq, _) => new(SetWindow(iq)))
            .OnGet(Addressee.Account, Ns, "window", (iq, _) => new(Window(iq.Presentity!)))
            .OnSet(Addressee.Account, Ns, "subscribe", SubscribeAsync)
            .OnSet(Addressee.Account, Ns, "unsubscribe", (iq, _) => new(Unsubscribe(iq)));
        if (options.Service)
        {
            service = ActivatorUtilities.CreateInstance<WatcherService>(services);
            service.Register(module);
        }
        new WatcherCommands(watchers, reader).Register(module);
    }

    public async ValueTask DisposeAsync()
    {
        if (keeper is not null)
            await keeper.DisposeAsync();
        if (service is not null)
            await service.DisposeAsync();
    }

    private async ValueTask<IqReply> ReadAsync(IqContext iq, CancellationToken cancel)
    {
        Presentity presentity = iq.Presentity!;
        if (!iq.IsOwner)
        {
            return reader.KnowsItself(presentity, iq.From)
                ? new Element(Ns, "watchers", WatcherDocument.Write(
                    presentity.Address, 0, isFull: true, [WatcherDocument.OfItself(reader.IdOf(presentity.Address, iq.From.Bare), iq.From.Bare)]))
                : StanzaError.ServiceUnavailable;
        }
        if (WatcherPage.Read(iq.Payload) is not { } page)
            return StanzaError.BadRequest;
        return page.Answer(presentity.Address, await reader.ReadAsync(presentity), clock.GetUtcNow()) is { } answer ? answer : StanzaError.ItemNotFound;
    }

    private async ValueTask<IqReply> SubscribeAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Session is not { } session)
            return StanzaError.ServiceUnavailable;
        Presentity presentity = iq.Presentity!;
        WatcherList list = await reader.ReadAsync(presentity);
        lock (presentity.Gate)
        {
            HashSet<ClientSession> listeners = watchers.Changeable(presentity).Listeners;
            listeners.IntersectWith(presentity.Sessions);
            listeners.Add(session);
        }
        return WatcherPage.Everything.Answer(presentity.Address, list, clock.GetUtcNow())!;
    }

    private IqReply Unsubscribe(IqContext iq)
    {
        lock (iq.Presentity!.Gate)
        {
            WatcherTable table = watchers.Of(iq.Presentity);
            if (iq.Session is { } session)
                table.Listeners.Remove(session);
        }
        return IqReply.Done;
    }

    private IqReply SetWindow(IqContext iq)
    {
        if (!int.TryParse(iq.Payload["days"], NumberStyles.None, CultureInfo.InvariantCulture, out int days) || days is < 1 or > 365)
            return StanzaError.BadRequest with { Text = "days is a number from 1 to 365" };
        lock (iq.Presentity!.Gate)
            watchers.Set(iq.Presentity, head => head with { Days = days });
        return Window(iq.Presentity);
    }

    private Element Window(Presentity presentity) =>
        new(Ns, "window", new XmlAttribute("days", watchers.DaysOf(presentity).ToString(CultureInfo.InvariantCulture)));

    // The owner's sessions that asked get what changed, with the next version.
    private async ValueTask TellAsync(Presentity presentity, IReadOnlySet<Jid> changed)
    {
        WatcherList list = await reader.ReadAsync(presentity, changed);
        if (list.Entries.Count == 0 && list.Hidden == 0)
            return;
        // How many hide is told of all, not of those that changed.
        int hidden = list.Hidden > 0 ? (await reader.ReadAsync(presentity)).Hidden : 0;
        if (service is not null)
            await service.RefreshAsync(presentity);
        lock (presentity.Gate)
        {
            watchers.Set(presentity, static head => head with { Version = head.Version + 1 });
            WatcherTable table = watchers.Of(presentity);
            if (table.Listeners.Count == 0)
                return;
            DateTimeOffset now = clock.GetUtcNow();
            Element document = WatcherDocument.Write(
                presentity.Address, table.Head.Version, isFull: false,
                [.. list.Entries.Select(entry => WatcherDocument.Write(entry, now)), .. hidden > 0 ? (Element[])[WatcherDocument.Hidden(hidden)] : []]);
            foreach (ClientSession session in presentity.Sessions.Where(table.Listeners.Contains))
            {
                session.TrySend(new Message
                {
                    Type = MessageType.Headline,
                    From = presentity.Address,
                    To = session.Address,
                    Id = string.Create(CultureInfo.InvariantCulture, $"watchers-{table.Head.Version}"),
                    Content = StanzaContent.Of(new Element(Ns, "watchers", document)),
                });
            }
        }
    }
}
