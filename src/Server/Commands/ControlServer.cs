using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary>
/// The running server's side of the commands: a Unix domain socket that only the owner can reach. A connection is one line of JSON in
/// and one out; of what takes long, each step before.
/// </summary>
internal sealed class ControlServer(ServerOptions options, IAdministration administration, FederationView federation, WatcherAudit watchers, ILogger<ControlServer> log) : IHostedService, IDisposable
{
    /// <summary>Far above an import of a hundred thousand accounts; whoever sends more is not one of our commands.</summary>
    private const int LongestRequest = 256 * 1024 * 1024;

    private readonly CancellationTokenSource stopping = new();
    private readonly HashSet<Task> running = [];
    private Socket? listener;
    private Task accepting = Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            string path = ControlPath.Prepare(options.DataDirectory);
            listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen();
            accepting = AcceptAsync(listener);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException or PlatformNotSupportedException)
        {
            // Chatting goes on without it.
            CommandLog.NoSocket(log, e.Message);
            listener?.Dispose();
            listener = null;
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        if (listener is null) return;
        listener.Dispose();
        await accepting;
        Task[] left;
        lock (running) left = [.. running];
        await Task.WhenAll(left).WaitAsync(cancellationToken);
        ControlPath.Remove(options.DataDirectory);
    }

    public void Dispose()
    {
        listener?.Dispose();
        stopping.Dispose();
    }

    private async Task AcceptAsync(Socket socket)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                Task serving = ServeAsync(await socket.AcceptAsync(stopping.Token));
                lock (running)
                {
                    running.RemoveWhere(static task => task.IsCompleted);
                    running.Add(serving);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                CommandLog.Broken(log, e.Message);
            }
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            if (await ReadLineAsync(stream, stopping.Token) is not { } line) return;
            await WriteAsync(stream, await AnswerAsync(line, stream));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            CommandLog.Broken(log, e.Message);
        }
    }

    private async Task WriteAsync(NetworkStream stream, ControlReply reply)
    {
        await JsonSerializer.SerializeAsync(stream, reply, ControlJson.Default.ControlReply, stopping.Token);
        await stream.WriteAsync("\n"u8.ToArray(), stopping.Token);
    }

    private async Task<ControlReply> AnswerAsync(string line, NetworkStream stream)
    {
        try
        {
            ControlRequest request = JsonSerializer.Deserialize(line, ControlJson.Default.ControlRequest)!;
            return request.Task == ControlTask.TestLink ? await TestAsync(request, stream) : await DoAsync(request, stopping.Token);
        }
        catch (Exception e) when (e is CommandRefusedException or StorageException or JsonException or FormatException)
        {
            return new ControlReply(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            CommandLog.Failed(log, e);
            return new ControlReply("the server failed; its log says more");
        }
    }

    private async Task<ControlReply> DoAsync(ControlRequest request, CancellationToken cancel)
    {
        switch (request.Task)
        {
            case ControlTask.Add:
                IReadOnlyList<Jid> existing = await administration.AddAsync([.. request.Accounts!.Select(static account => new Account(Jid.Parse(account.Jid), default) { Keys = Keys(account) })], cancel);
                CommandLog.Added(log, request.Accounts!.Count - existing.Count);
                return new ControlReply(Jids: [.. existing.Select(static jid => jid.ToString())]);
            case ControlTask.SetKeys:
                ControlAccount changed = request.Accounts![0];
                bool set = await administration.SetKeysAsync(Jid.Parse(changed.Jid), Keys(changed), cancel);
                if (set) CommandLog.KeysSet(log, changed.Jid);
                return new ControlReply(Found: set);
            case ControlTask.Delete:
                bool deleted = await administration.DeleteAsync(Jid.Parse(request.Jid!), cancel);
                if (deleted) CommandLog.Deleted(log, request.Jid!);
                return new ControlReply(Found: deleted);
            case ControlTask.List:
                IReadOnlyList<Jid> page = await administration.ListAsync(request.Domain!, request.Jid is null ? null : Jid.Parse(request.Jid), request.Limit, cancel);
                return new ControlReply(Jids: [.. page.Select(static jid => jid.ToString())]);
            case ControlTask.ListClients:
                IReadOnlyList<KnownClient>? clients = await administration.ListClientsAsync(Jid.Parse(request.Jid!), cancel);
                return new ControlReply(Found: clients is not null, Clients: [.. (clients ?? []).Select(ControlKnownClient.Of)]);
            case ControlTask.RevokeClient:
                Revocation? revocation = await administration.RevokeClientAsync(Jid.Parse(request.Jid!), request.Client!, cancel);
                return new ControlReply(Found: revocation is not null, Revocation: revocation ?? default);
            case ControlTask.ListLinks:
                return federation.List();
            case ControlTask.ShowLinks:
                return federation.Show(request.Domain!);
            case ControlTask.ListWatchers:
                IReadOnlyList<ControlWatcher>? seen = await watchers.ListAsync(Jid.Parse(request.Jid!), cancel);
                CommandLog.WatchersListed(log, request.Jid!);
                return new ControlReply(Found: seen is not null, Watchers: seen);
            case ControlTask.FindServices:
                ServicesOff? off = await administration.FindServicesAsync(Jid.Parse(request.Jid!), cancel);
                return new ControlReply(Found: off is not null, Off: off ?? ServicesOff.None);
            case ControlTask.SetServices:
                bool switched = await administration.SetServicesAsync(Jid.Parse(request.Jid!), request.Off, cancel);
                if (switched) CommandLog.ServicesSet(log, request.Jid!, request.Off);
                return new ControlReply(Found: switched);
            case ControlTask.Backup:
                await administration.BackupAsync(request.File!, cancel);
                CommandLog.BackedUp(log, request.File!);
                return new ControlReply();
            default:
                throw new FormatException("unknown task");
        }
    }

    /// <summary>Writes each step when it is done. Who goes away has the test given up.</summary>
    private async Task<ControlReply> TestAsync(ControlRequest request, NetworkStream stream)
    {
        var steps = Channel.CreateUnbounded<string>();
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        Task<ControlTest> testing = TestAsync(request, steps.Writer, gone.Token);
        try
        {
            await foreach (string step in steps.Reader.ReadAllAsync(CancellationToken.None)) await WriteAsync(stream, new ControlReply(Step: step));
        }
        catch (IOException e)
        {
            await gone.CancelAsync();
            await ((Task)testing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new OperationCanceledException("Who asked is gone.", e);
        }
        return new ControlReply(Test: await testing);
    }

    private async Task<ControlTest> TestAsync(ControlRequest request, ChannelWriter<string> steps, CancellationToken cancel)
    {
        try
        {
            return await federation.TestAsync(request.Domain!, request.From, step => steps.TryWrite(step), cancel);
        }
        finally
        {
            steps.Complete();
        }
    }

    private static IReadOnlyList<ScramKeys> Keys(ControlAccount account) =>
        ScramKeyText.TryParse(account.Keys, out IReadOnlyList<ScramKeys>? keys) ? keys : throw new FormatException($"{account.Jid}: malformed keys");

    private static async Task<string?> ReadLineAsync(Stream stream, CancellationToken cancel)
    {
        using var line = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (line.Length < LongestRequest)
        {
            int read = await stream.ReadAsync(buffer, cancel);
            if (read == 0) return null;
            int end = buffer.AsSpan(0, read).IndexOf((byte)'\n');
            line.Write(buffer, 0, end < 0 ? read : end);
            if (end >= 0) return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
        }
        return null;
    }
}
