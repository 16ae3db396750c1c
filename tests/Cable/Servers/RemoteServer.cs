using System.Net;
using PresenceXml.Cable.Clients;

namespace PresenceXml.Cable.Servers;

/// <summary>A server that somebody else started, with the accounts that <c>--list-accounts</c> names. It is not killed.</summary>
internal sealed class RemoteServer(IPEndPoint address, string domain, TimeSpan hibernation) : ITestedServer
{
    public string Name => $"{domain} at {address}";
    public string Domain => domain;
    public IPEndPoint Address => address;
    public TimeSpan Hibernation => hibernation;
    public TimeSpan Tolerance => TimeSpan.FromSeconds(2);
    public bool CanBeKilled => false;
    public IReadOnlyList<string> Errors => [];

    public Task AddAsync(IReadOnlyList<Account> accounts) => Task.CompletedTask;
    public Task StartAsync() => Task.CompletedTask;
    public Task KillAsync() => throw new NotSupportedException("Who did not start it does not kill it.");
    public ValueTask DisposeAsync() => default;
}
