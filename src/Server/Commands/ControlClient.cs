using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Commands;

/// <summary>Administration by the server that runs, over its control socket.</summary>
internal sealed class ControlClient : IAdministration
{
    private readonly string socket;

    private ControlClient(string socket) => this.socket = socket;

    /// <summary>The server that runs on a data directory; null when none does.</summary>
    /// <exception cref="CommandRefusedException">One runs, and this user may not command it.</exception>
    public static async Task<ControlClient?> TryConnectAsync(string dataDirectory, CancellationToken cancel)
    {
        try
        {
            if (ControlPath.Find(dataDirectory) is not { } path) return null;
            using Socket probe = await ConnectAsync(path, cancel);
            return new ControlClient(path);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable)
        {
            // A socket without a process behind it: the server died. The store's lock decides what happens next.
            return null;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or SocketException)
        {
            throw new CommandRefusedException($"the control socket in {dataDirectory} cannot be opened ({e.Message}); run this as the server's user", e);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Jid>> AddAsync(IReadOnlyList<Account> accounts, CancellationToken cancel) =>
        Jids(await AskAsync(new ControlRequest(ControlTask.Add, [.. accounts.Select(static account => new ControlAccount(account.Jid.ToString(), ScramKeyText.Format(account.Keys)))]), cancel));

    /// <inheritdoc/>
    public async Task<bool> SetKeysAsync(Jid account, IReadOnlyList<ScramKeys> keys, CancellationToken cancel) =>
        (await AskAsync(new ControlRequest(ControlTask.SetKeys, [new ControlAccount(account.ToString(), ScramKeyText.Format(keys))]), cancel)).Found;

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(Jid account, CancellationToken cancel) =>
        (await AskAsync(new ControlRequest(ControlTask.Delete, Jid: account.ToString()), cancel)).Found;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Jid>> ListAsync(string domain, Jid? after, int limit, CancellationToken cancel) =>
        Jids(await AskAsync(new ControlRequest(ControlTask.List, Jid: after?.ToString(), Domain: domain, Limit: limit), cancel));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KnownClient>?> ListClientsAsync(Jid account, CancellationToken cancel)
    {
        ControlReply reply = await AskAsync(new ControlRequest(ControlTask.ListClients, Jid: account.ToString()), cancel);
        return reply.Found ? [.. (reply.Clients ?? []).Select(static client => client.ToClient())] : null;
    }

    /// <inheritdoc/>
    public async Task<Revocation?> RevokeClientAsync(Jid account, string client, CancellationToken cancel)
    {
        ControlReply reply = await AskAsync(new ControlRequest(ControlTask.RevokeClient, Jid: account.ToString(), Client: client), cancel);
        return reply.Found ? reply.Revocation : null;
    }

    /// <inheritdoc/>
    public async Task<ServicesOff?> FindServicesAsync(Jid account, CancellationToken cancel)
    {
        ControlReply reply = await AskAsync(new ControlRequest(ControlTask.FindServices, Jid: account.ToString()), cancel);
        return reply.Found ? reply.Off : null;
    }

    /// <inheritdoc/>
    public async Task<bool> SetServicesAsync(Jid account, ServicesOff off, CancellationToken cancel) =>
        (await AskAsync(new ControlRequest(ControlTask.SetServices, Jid: account.ToString(), Off: off), cancel)).Found;

    /// <inheritdoc/>
    public Task BackupAsync(string file, CancellationToken cancel) => AskAsync(new ControlRequest(ControlTask.Backup, File: file), cancel);

    /// <summary>All links, and all streams of other servers.</summary>
    public Task<ControlReply> ListLinksAsync(CancellationToken cancel) => AskAsync(new ControlRequest(ControlTask.ListLinks), cancel);

    /// <summary>Who watches an account, also those that hide; null when there is no such account.</summary>
    public async Task<IReadOnlyList<ControlWatcher>?> ListWatchersAsync(Jid account, CancellationToken cancel)
    {
        ControlReply reply = await AskAsync(new ControlRequest(ControlTask.ListWatchers, Jid: account.ToString()), cancel);
        return reply.Found ? reply.Watchers ?? [] : null;
    }

    /// <summary>Everything that is known of a domain.</summary>
    /// <exception cref="CommandRefusedException">Nothing is.</exception>
    public Task<ControlReply> ShowLinksAsync(string domain, CancellationToken cancel) => AskAsync(new ControlRequest(ControlTask.ShowLinks, Domain: domain), cancel);

    /// <summary>Has a domain tried.</summary>
    /// <param name="domain">The other server's.</param>
    /// <param name="from">Ours; null for the first.</param>
    /// <param name="follow">Takes each step as it comes.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ControlTest> TestLinkAsync(string domain, string? from, Action<string> follow, CancellationToken cancel) =>
        (await AskAsync(new ControlRequest(ControlTask.TestLink, Domain: domain, From: from), cancel, follow)).Test ?? throw new CommandRefusedException("the server did not say what came of it");

    private static async Task<Socket> ConnectAsync(string path, CancellationToken cancel)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private async Task<ControlReply> AskAsync(ControlRequest request, CancellationToken cancel, Action<string>? follow = null)
    {
        try
        {
            await using var stream = new NetworkStream(await ConnectAsync(socket, cancel), ownsSocket: true);
            await JsonSerializer.SerializeAsync(stream, request, ControlJson.Default.ControlRequest, cancel);
            await stream.WriteAsync("\n"u8.ToArray(), cancel);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            ControlReply reply;
            while ((reply = await ReadAsync(reader, cancel)).Step is { } step) follow?.Invoke(step);
            return reply.Refused is null ? reply : throw new CommandRefusedException(reply.Refused);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new CommandRefusedException("the server went away before it answered; whether it was done is not known", e);
        }
    }

    private static async Task<ControlReply> ReadAsync(StreamReader reader, CancellationToken cancel)
    {
        string line = await reader.ReadLineAsync(cancel) ?? throw new CommandRefusedException("the server went away before it answered; whether it was done is not known");
        return JsonSerializer.Deserialize(line, ControlJson.Default.ControlReply)!;
    }

    private static List<Jid> Jids(ControlReply reply) => [.. (reply.Jids ?? []).Select(Jid.Parse)];
}
