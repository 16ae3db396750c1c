using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Server.Federation;
using PresenceXml.Storage;

namespace PresenceXml.Server.Messaging;

/// <summary>
/// Keeps <see cref="RetentionTerms"/>: removes delivered messages that are older, oldest first, in small steps, one account after the
/// other (design: the inbox's log; XEP-0313 §3.2). What was not delivered is never removed by age.
/// </summary>
public sealed class InboxRetention(
    AccountStore accounts, InboxStore inbox, LocalDomains domains, TimeProvider clock, RetentionTerms terms, ILogger<InboxRetention> logger)
    : IHostedService, IDisposable
{
    // Not a BackgroundService: where the start fails before the first line of one was run, it is cancelled, and the host reports that as a crash.
    private readonly CancellationTokenSource stop = new();
    private Task running = Task.CompletedTask;
    private bool isDisposed;

    /// <summary>Once after the start has calmed down, then each time this long: a day's granularity needs no more.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    // A step reads and deletes so many entries in one commit; the store's other work goes on between steps.
    private const int Step = 256;
    private const int AccountPage = 500;

    /// <summary>Goes through every account once. Returns how many messages it removed.</summary>
    /// <exception cref="StorageException">The store could not be read or written; what was removed stays removed.</exception>
    public async Task<int> RunOnceAsync(CancellationToken cancel)
    {
        int removed = 0;
        foreach (Jid domain in domains.All)
        {
            Jid? last = null;
            IReadOnlyList<Jid> page;
            do
            {
                page = await accounts.ListAsync(domain.Domain, last, AccountPage, cancel);
                foreach (Jid account in page)
                {
                    if (await terms.CutAsync(account, cancel) is { } before)
                        removed += await RunOnceAsync(account, before, cancel);
                }
                last = page.Count > 0 ? page[^1] : null;
            }
            while (page.Count == AccountPage);
        }
        return removed;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        running = RunAsync(stop.Token);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await running.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        // Registered twice, by its type and as a hosted service, it is disposed twice.
        if (isDisposed)
            return;
        isDisposed = true;
        stop.Cancel();
        stop.Dispose();
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    int removed = await RunOnceAsync(stoppingToken);
                    if (removed > 0)
                        MessagingLog.Expired(logger, removed);
                }
                catch (StorageException failure)
                {
                    MessagingLog.RetentionFailed(logger, failure.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task<int> RunOnceAsync(Jid account, DateTimeOffset before, CancellationToken cancel)
    {
        int removed = 0;
        long? after = null;
        do
        {
            RetentionStep step = await inbox.DeleteExpiredAsync(account, before, after, Step, cancel);
            removed += step.Deleted;
            after = step.After;
        }
        while (after is not null);
        return removed;
    }
}
