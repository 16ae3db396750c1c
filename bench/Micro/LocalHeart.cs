using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;
using PresenceXml.Storage;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Bench.Micro;

/// <summary>The server's heart and modules over the default engine in a folder that goes away, without sockets: what a stream's reader and writer do is done by hand.</summary>
internal sealed class LocalHeart : IDisposable
{
    private readonly SqliteEngine engine = SqliteEngine.OpenTemporaryAsync().GetAwaiter().GetResult();
    private readonly ServiceProvider services;
    private readonly StreamDecoder decoder = new(new XmlLimits(262144, 64, 128));
    private readonly JidCache addresses = new();
    private readonly List<OutboxItem> batch = [];
    private readonly ArrayBufferWriter<byte> output = new(4096);
    private readonly Router router;

    public LocalHeart()
    {
        services = new ServiceCollection()
            .AddSingleton(new ServerOptions())
            .AddSingleton(new ModuleOptionsSource())
            .AddSingleton(TimeProvider.System)
            .AddLogging()
            .AddSingleton<StorageEngine>(engine)
            .AddSingleton<AccountStore>()
            .AddSingleton<RosterStore>()
            .AddSingleton<InboxStore>()
            .AddHeart()
            .BuildServiceProvider();
        services.GetRequiredService<ModuleHost>().Start(ModuleCatalog.Modules);
        router = services.GetRequiredService<Router>();
        var header = new ReadOnlySequence<byte>(Wire.Header);
        decoder.TryRead(ref header, out _);
    }

    public RosterStore Rosters => services.GetRequiredService<RosterStore>();

    public StorageEngine Engine => engine;

    /// <summary>A bound session of a new account.</summary>
    public ClientSession Connect(string address)
    {
        Jid jid = Jid.Parse(address);
        if (!Wait(services.GetRequiredService<AccountStore>().AddAsync(new Account(jid.Bare, DateTimeOffset.UnixEpoch)))) throw new InvalidOperationException(address + " exists");
        return Wait(services.GetRequiredService<SessionBinder>().BindAsync(jid.Bare, jid.Resource, CancellationToken.None).AsTask()).Session
            ?? throw new InvalidOperationException(address + " was refused");
    }

    /// <summary>As <c>ClientStream</c> does it: bytes, decoder, stanza, stamp, router. True when it went through without waiting.</summary>
    public bool Send(ClientSession session, byte[] stanza)
    {
        var input = new ReadOnlySequence<byte>(stanza);
        if (!decoder.TryRead(ref input, out StreamEvent next)) throw new InvalidOperationException("incomplete");
        Stanza read = StanzaReader.Read(next.Element!, out _, addresses, session.Address)!;
        ValueTask routing = router.RouteAsync(session, read, CancellationToken.None);
        if (routing.IsCompletedSuccessfully) return true;
        routing.AsTask().GetAwaiter().GetResult();
        return false;
    }

    /// <summary>As <c>SessionWriter</c> does it: what waits is written, and said to be. Returns the bytes.</summary>
    public int Drain(ClientSession session)
    {
        ValueTask<bool> reading = session.Outbox.ReadAsync(batch, CancellationToken.None);
        if (!reading.IsCompletedSuccessfully || !reading.Result) throw new InvalidOperationException("nothing to write");
        output.ResetWrittenCount();
        foreach (OutboxItem item in batch) session.Outbox.Write(output, item);
        session.Outbox.Written(batch);
        return output.WrittenCount;
    }

    /// <summary>Lets the store catch up, as an iq of the sender would.</summary>
    public static void Await(ClientSession sender)
    {
        if (!Wait(sender.Barrier.PassAsync().AsTask())) throw new InvalidOperationException("not stored");
    }

    public void Dispose()
    {
        services.DisposeAsync().AsTask().GetAwaiter().GetResult();
        engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();
}
