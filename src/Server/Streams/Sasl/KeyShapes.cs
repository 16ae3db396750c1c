using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>
/// The shapes that the keys of accounts have and how common each is, so that an account that does not exist can be given one of them:
/// imported accounts and those from before a change of <c>auth.scramIterations</c> have other values than new ones. A sample, kept in
/// memory: the first login waits for it, later ones renew it behind their backs.
/// </summary>
internal sealed class KeyShapes(AccountStore accounts, ServerOptions options, TimeProvider time, ILogger<KeyShapes> log) : IDisposable
{
    /// <summary>How old the sample may be before a login has it renewed.</summary>
    public static readonly TimeSpan RenewAfter = TimeSpan.FromMinutes(10);

    // Names are cheap to list, accounts are not to read: these are spread evenly over those.
    private const int MostListed = 20_000;
    private const int MostRead = 1000;

    // Each costs every login a HMAC.
    private const int MostShapes = 32;

    private readonly SemaphoreSlim taking = new(1);
    private Weighted[]? sample;
    private long asked;

    /// <summary>The last renewal; completed when none is under way.</summary>
    public Task Renewal { get; private set; } = Task.CompletedTask;

    /// <summary>The shape for a name: the same each time, and over many names each as often as among the accounts.</summary>
    /// <exception cref="StorageException">There is no sample yet and the store cannot be read.</exception>
    public async ValueTask<KeyShape> DrawAsync(byte[] secret, string name, CancellationToken cancel)
    {
        Weighted[] shapes = Volatile.Read(ref sample) ?? await FirstAsync(cancel);
        long last = Interlocked.Read(ref asked);
        if (time.GetElapsedTime(last) >= RenewAfter && Interlocked.CompareExchange(ref asked, time.GetTimestamp(), last) == last) Renewal = RenewAsync();
        return Draw(shapes, secret, name);
    }

    public void Dispose() => taking.Dispose();

    /// <summary>
    /// Weighted rendezvous hashing: each shape draws a lot from the exponential distribution, the commoner the shorter, and the shortest
    /// wins. When the weights change, as few names as possible change their shape.
    /// </summary>
    private static KeyShape Draw(Weighted[] shapes, byte[] secret, string name)
    {
        KeyShape drawn = shapes[0].Shape;
        double shortest = double.PositiveInfinity;
        foreach ((KeyShape shape, string label, int weight) in shapes)
        {
            ulong bits = BinaryPrimitives.ReadUInt64LittleEndian(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"shape\0{name}\0{label}")));
            // 53 bits are what a double holds; half a step away from 0, which has no logarithm.
            double lot = -Math.Log(((bits >> 11) + 0.5) / (1UL << 53)) / weight;
            if (lot >= shortest) continue;
            shortest = lot;
            drawn = shape;
        }
        return drawn;
    }

    private async Task<Weighted[]> FirstAsync(CancellationToken cancel)
    {
        await taking.WaitAsync(cancel);
        try
        {
            if (sample is not null) return sample;
            Weighted[] taken = await TakeAsync(cancel);
            Interlocked.Exchange(ref asked, time.GetTimestamp());
            Volatile.Write(ref sample, taken);
            return taken;
        }
        finally
        {
            taking.Release();
        }
    }

    private async Task RenewAsync()
    {
        try
        {
            Volatile.Write(ref sample, await TakeAsync(CancellationToken.None));
        }
        catch (Exception e)
        {
            // The old sample is still a good one.
            StreamLog.KeyShapesNotRenewed(log, e);
        }
    }

    private async Task<Weighted[]> TakeAsync(CancellationToken cancel)
    {
        var found = new List<Jid>();
        foreach (string domain in options.Domains) found.AddRange(await accounts.ListAsync(domain, null, MostListed / options.Domains.Count, cancel));
        int step = Math.Max(1, (found.Count + MostRead - 1) / MostRead);
        var shapes = new List<KeyShape>();
        for (int at = 0; at < found.Count; at += step)
            if (await accounts.FindAsync(found[at], cancel) is { Keys: { Count: > 0 } keys }) shapes.Add(KeyShape.Of(keys));
        if (shapes.Count == 0) shapes.Add(new KeyShape(options.Auth.Hashes.Select(hash => new KeyForm(hash, options.Auth.ScramIterations, ScramKeys.SaltBytes, SaltIsUuid: false))));
        return [.. shapes
            .GroupBy(static shape => shape.Label, StringComparer.Ordinal)
            .Select(static alike => new Weighted(alike.First(), alike.Key, alike.Count()))
            .OrderByDescending(static shape => shape.Weight)
            .Take(MostShapes)];
    }

    private readonly record struct Weighted(KeyShape Shape, string Label, int Weight);
}
