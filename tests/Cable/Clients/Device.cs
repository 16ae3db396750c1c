using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using PresenceXml.Cable.Ledger;
using PresenceXml.Cable.Lines;

namespace PresenceXml.Cable.Clients;

/// <summary>
/// One device of an account: what outlives its connections, and its life, which is to connect again whenever a connection ended. All
/// of it is touched by its one task, and by others only after the task has ended.
/// </summary>
internal sealed class Device
{
    private readonly IPEndPoint address;
    private readonly Func<LineRecord?> currentLine;
    private readonly Dictionary<string, string> lastAddress = [];
    private volatile bool isSettled;
    private volatile bool isReady;
    private volatile bool wasReady;
    private int task;
    private int questions;
    private readonly Action<string>? trace;
    private volatile bool leaves;

    /// <param name="account">Whose device it is.</param>
    /// <param name="resource">The resource it asks for.</param>
    /// <param name="traits">What it can do.</param>
    /// <param name="world">What it shares with the others.</param>
    /// <param name="random">Its own.</param>
    /// <param name="address">The server, or the proxy before it.</param>
    /// <param name="isModern">True when TLS begins there at once, and the device signs in with everything in one exchange.</param>
    /// <param name="currentLine">The line of the connection made last.</param>
    public Device(Account account, string resource, DeviceTraits traits, ClientWorld world, Random random, IPEndPoint address, bool isModern, Func<LineRecord?> currentLine)
    {
        Account = account;
        Resource = resource;
        Traits = traits;
        World = world;
        Random = random;
        IsModern = isModern;
        InstallationId = NewInstallation(random);
        this.address = address;
        trace = world.Trace(Name);
        this.currentLine = currentLine;
        CatchUp = new CatchUp(random);
        account.Devices.Add(this);
    }

    public Account Account { get; }
    public string Resource { get; }
    public DeviceTraits Traits { get; }
    public ClientWorld World { get; }
    public Random Random { get; }

    public bool IsModern { get; }

    /// <summary>Tells the client's installation from others of the account (XEP-0388).</summary>
    public string InstallationId { get; }

    /// <summary>It never leaves of its own accord.</summary>
    public bool IsSteady { get; init; }

    /// <summary>It takes one message for acknowledged that it never sent, for the test of the test.</summary>
    public bool Pretends { get; init; }

    /// <summary>That message; null: not yet.</summary>
    public string? Pretended { get; set; }

    public string Name => $"{Account.Local}/{Resource}";

    /// <summary>Everything it sent, in order.</summary>
    public List<SentMessage> Sent { get; } = [];

    /// <summary>What was sent and not acknowledged, in order; across sessions.</summary>
    public List<SentMessage> Pending { get; } = [];

    public List<Receipt> Receipts { get; } = [];

    /// <summary>How many of the receipts the server was seen to know of.</summary>
    public int Settled { get; set; }

    public List<SessionRecord> Sessions { get; } = [];
    public CatchUp CatchUp { get; }

    /// <summary>The session that it may resume.</summary>
    public ManagedSession? Managed { get; set; }

    /// <summary>The session that it is in, or was in.</summary>
    public SessionRecord? Session { get; set; }

    /// <summary>True when the server wants to know whether somebody looks (XEP-0352).</summary>
    public bool HasActivity { get; set; }

    /// <summary>When the archive did not know the point up to which the device knew it.</summary>
    public List<(TimeSpan At, string What)> Forgotten { get; } = [];

    /// <summary>What the server did that no server may.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>True while it is online with nothing unacknowledged and its archive read.</summary>
    public bool IsSettled
    {
        // In this order: taking a task says first that it is not settled.
        get => NextTask == LastTask.None && isSettled;
        set => isSettled = value;
    }

    /// <summary>True from being online to the end of the connection.</summary>
    public bool IsReady
    {
        get => isReady;
        set
        {
            isReady = value;
            wasReady |= value;
        }
    }

    /// <summary>True once it was online.</summary>
    public bool WasReady => wasReady;

    /// <summary>What it is still to do before it is settled.</summary>
    public LastTask NextTask => (LastTask)Volatile.Read(ref task);

    public LastTask TakeTask()
    {
        if (NextTask != LastTask.None)
            isSettled = false;
        return (LastTask)Interlocked.Exchange(ref task, (int)LastTask.None);
    }

    /// <summary>Does this before it is settled again.</summary>
    public void Ask(LastTask what) => Volatile.Write(ref task, (int)what);

    /// <summary>Ends its session as a client does that its user closes, and does not come back.</summary>
    public void Leave() => leaves = true;

    public bool IsLeaving => leaves;

    public LineRecord? CurrentLine => currentLine();

    public void Complain(string what) =>
        Complaints.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{World.Clock.Now.TotalSeconds:F3} {Name}: {what}"));

    /// <summary>An id for a ping. An answer may come on a later line than its question.</summary>
    public string NextQuestion() => string.Create(CultureInfo.InvariantCulture, $"p{++questions}");

    /// <summary>For whoever waits for it.</summary>
    public string Describe() =>
        $"{Name} ({Traits}){(IsReady ? "" : " is not online")}, {Pending.Count} unacknowledged{(CatchUp.IsComplete || !Traits.Catches ? "" : ", archive not read")}{(CatchUp.Query is null ? "" : ", page not answered")}";

    /// <summary>Lives until it is told to leave.</summary>
    public async Task RunAsync()
    {
        while (!leaves)
        {
            try
            {
                await using Connection connection = await Connection.OpenAsync(address, IsModern ? World.Patience : null, trace);
                await new Conversation(this, connection).RunAsync();
            }
            catch (LineLostException)
            {
                // As it goes; the next one.
            }
            trace?.Invoke("the line is over");
            IsReady = IsSettled = false;
            if (!leaves)
                await Task.Delay(Rest());
        }
    }

    /// <summary>A new message to one of its peers.</summary>
    public SentMessage Write(Account to)
    {
        string target = to.Bare;
        // RFC 6121 §5.1: once somebody wrote from a resource, the answer goes there.
        if (Random.NextDouble() < 0.45 && lastAddress.TryGetValue(to.Bare, out string? full))
            target = full;
        var message = new SentMessage(string.Create(CultureInfo.InvariantCulture, $"{Account.Local}.{Resource}.{Sent.Count}"), this, to, target, Sent.Count);
        Sent.Add(message);
        Pending.Add(message);
        return message;
    }

    /// <summary>The peer's resource that wrote last.</summary>
    public void Lock(string from)
    {
        int slash = from.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0)
            lastAddress[from[..slash]] = from;
    }

    /// <summary>The server has a message for good.</summary>
    public void Acknowledge(SentMessage message, string by)
    {
        Pending.Remove(message);
        message.Acknowledge(World.Clock.Now, by);
        Interlocked.Increment(ref World.Counts.Acknowledged);
    }

    // RFC 9562 §5.4: a UUID of version 4.
    private static string NewInstallation(Random random)
    {
        byte[] octets = new byte[16];
        random.NextBytes(octets);
        octets[6] = (byte)((octets[6] & 0x0f) | 0x40);
        octets[8] = (byte)((octets[8] & 0x3f) | 0x80);
        return new Guid(octets, bigEndian: true).ToString("D");
    }

    private TimeSpan Rest()
    {
        if (!World.IsCalm && !IsSteady && Random.NextDouble() < 0.03)
            return World.Hibernation * 1.3;
        return TimeSpan.FromMilliseconds(Random.Next(10, 250));
    }
}
