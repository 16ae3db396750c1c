using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

[CancelAfter(30_000)]
internal sealed class HappyEyeballsTests : DnsFixture
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly string[] Three = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];

    private readonly Channel<Attempt> begun = Channel.CreateUnbounded<Attempt>();

    private sealed class FakeConnection : IDisposable
    {
        public TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose() => Disposed.TrySetResult();
    }

    /// <summary>An attempt that succeeds or fails when the test says so.</summary>
    private sealed record Attempt(string Address, TaskCompletionSource<FakeConnection> Result, CancellationToken Cancel);

    private Task<FakeConnection> ConnectAsync(IPEndPoint address, CancellationToken cancel)
    {
        var result = new TaskCompletionSource<FakeConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        begun.Writer.TryWrite(new Attempt(address.Address.ToString(), result, cancel));
        return result.Task.WaitAsync(cancel);
    }

    private ValueTask<Attempt> NextAsync(CancellationToken cancel) => begun.Reader.ReadAsync(cancel);

    private static async IAsyncEnumerable<IPAddress> List(IEnumerable<string> addresses, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        foreach (string address in addresses)
        {
            await Task.CompletedTask;
            cancel.ThrowIfCancellationRequested();
            yield return IPAddress.Parse(address);
        }
    }

    private Task<FakeConnection?> RaceAsync(IAsyncEnumerable<IPAddress> addresses, CancellationToken cancel) =>
        new HappyEyeballs<FakeConnection>(ConnectAsync, Patience, Clock).ConnectAsync(addresses, 5269, Trace, cancel);

    private Task<FakeConnection?> RaceAsync(CancellationToken cancel) => RaceAsync(List(Three, CancellationToken.None), cancel);

    [Test]
    public async Task The_next_begins_a_quarter_of_a_second_later_and_the_first_connection_wins(CancellationToken cancel)
    {
        Task<FakeConnection?> race = RaceAsync(cancel);
        Attempt first = await NextAsync(cancel);
        Assert.That(first.Address, Is.EqualTo("192.0.2.1"));
        Clock.Advance(TimeSpan.FromMilliseconds(249));
        Assert.That(begun.Reader.TryPeek(out _), Is.False);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        Attempt second = await NextAsync(cancel);
        var connection = new FakeConnection();
        second.Result.SetResult(connection);
        Assert.That(await race, Is.SameAs(connection));
        Assert.That(connection.Disposed.Task.IsCompleted, Is.False);
        Assert.That(first.Cancel.IsCancellationRequested, Is.True);
        Assert.That(begun.Reader.TryPeek(out _), Is.False);
        await Lines.ForAsync("192.0.2.1:5269: given up", cancel);
        Assert.That(Trace.Lines, Has.Some.Contains("192.0.2.2:5269: connected"));
    }

    [Test]
    public async Task After_a_failure_the_next_begins_at_once(CancellationToken cancel)
    {
        Task<FakeConnection?> race = RaceAsync(cancel);
        foreach (string address in Three)
        {
            Attempt attempt = await NextAsync(cancel);
            Assert.That(attempt.Address, Is.EqualTo(address));
            attempt.Result.SetException(new SocketException((int)SocketError.ConnectionRefused));
        }
        Assert.That(await race, Is.Null);
        Assert.That(Trace.Lines, Has.Exactly(3).Contains("connection refused"));
    }

    [Test]
    public async Task After_a_failure_the_next_begins_at_once_though_another_is_still_trying(CancellationToken cancel)
    {
        Task<FakeConnection?> race = RaceAsync(cancel);
        Attempt first = await NextAsync(cancel);
        Clock.Advance(HappyEyeballs<FakeConnection>.Stagger);
        Attempt second = await NextAsync(cancel);
        first.Result.SetException(new SocketException((int)SocketError.ConnectionRefused));
        Assert.That((await NextAsync(cancel)).Address, Is.EqualTo("192.0.2.3"));
        second.Result.SetResult(new FakeConnection());
        Assert.That(await race, Is.Not.Null);
    }

    [Test]
    public async Task Each_has_its_own_time(CancellationToken cancel)
    {
        Task<FakeConnection?> race = RaceAsync(cancel);
        await NextAsync(cancel);
        for (int i = 0; i < 2; i++)
        {
            Clock.Advance(HappyEyeballs<FakeConnection>.Stagger);
            await NextAsync(cancel);
        }
        Clock.Advance(Patience - TimeSpan.FromMilliseconds(1));
        await Lines.ForAsync("192.0.2.2:5269: no connection in 10 s", cancel);
        Assert.That(race.IsCompleted, Is.False);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(await race, Is.Null);
        Assert.That(Trace.Lines, Has.Exactly(3).Contains("no connection in 10 s"));
    }

    [Test]
    public async Task One_that_connects_too_late_is_disposed_of(CancellationToken cancel)
    {
        // Its connecting cannot be cancelled.
        var late = new TaskCompletionSource<FakeConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        var early = new FakeConnection();
        var first = new TaskCompletionSource();
        var eyeballs = new HappyEyeballs<FakeConnection>((_, _) => first.TrySetResult() ? late.Task : Task.FromResult(early), Patience, Clock);
        Task<FakeConnection?> race = eyeballs.ConnectAsync(List(Three, CancellationToken.None), 5269, Trace, cancel);
        await first.Task.WaitAsync(cancel);
        Clock.Advance(HappyEyeballs<FakeConnection>.Stagger);
        Assert.That(await race, Is.SameAs(early));
        var loser = new FakeConnection();
        late.SetResult(loser);
        await loser.Disposed.Task.WaitAsync(cancel);
    }

    [Test]
    public async Task Addresses_may_come_late(CancellationToken cancel)
    {
        var late = Channel.CreateUnbounded<IPAddress>();
        late.Writer.TryWrite(IPAddress.Parse("192.0.2.1"));
        Task<FakeConnection?> race = RaceAsync(late.Reader.ReadAllAsync(CancellationToken.None), cancel);
        Attempt first = await NextAsync(cancel);
        Clock.Advance(TimeSpan.FromSeconds(1));
        late.Writer.TryWrite(IPAddress.Parse("192.0.2.2"));
        Attempt second = await NextAsync(cancel);
        first.Result.SetException(new SocketException((int)SocketError.HostUnreachable));
        second.Result.SetException(new SocketException((int)SocketError.NetworkUnreachable));
        late.Writer.TryWrite(IPAddress.Parse("192.0.2.3"));
        late.Writer.Complete();
        Attempt third = await NextAsync(cancel);
        var connection = new FakeConnection();
        third.Result.SetResult(connection);
        Assert.That(await race, Is.SameAs(connection));
    }

    [Test]
    public async Task Addresses_that_still_would_come_do_not_hold_the_winner(CancellationToken cancel)
    {
        var late = Channel.CreateUnbounded<IPAddress>();
        late.Writer.TryWrite(IPAddress.Parse("192.0.2.1"));
        Task<FakeConnection?> race = RaceAsync(late.Reader.ReadAllAsync(CancellationToken.None), cancel);
        var connection = new FakeConnection();
        (await NextAsync(cancel)).Result.SetResult(connection);
        Assert.That(await race, Is.SameAs(connection));
    }

    [Test]
    public async Task Without_addresses_there_is_nothing(CancellationToken cancel) =>
        Assert.That(await RaceAsync(List([], CancellationToken.None), cancel), Is.Null);

    [Test]
    public async Task Cancelling_ends_it(CancellationToken cancel)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task<FakeConnection?> race = RaceAsync(gone.Token);
        Attempt first = await NextAsync(cancel);
        await gone.CancelAsync();
        Assert.That(() => race, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(first.Cancel.IsCancellationRequested, Is.True);
    }
}
