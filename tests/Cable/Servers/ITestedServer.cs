using System.Net;
using PresenceXml.Cable.Clients;

namespace PresenceXml.Cable.Servers;

/// <summary>A server in a process of its own, which is talked to over TCP only.</summary>
internal interface ITestedServer : IAsyncDisposable
{
    /// <summary>For the report.</summary>
    string Name { get; }

    string Domain { get; }

    IPEndPoint Address { get; }

    /// <summary>Where it has TLS from the first byte and the sign-in of XEP-0388; null: nowhere.</summary>
    IPEndPoint? ModernAddress => null;

    /// <summary>How long it keeps a session that may be resumed.</summary>
    TimeSpan Hibernation { get; }

    /// <summary>How exact the times of its archive are, and how long after the end of a line it may take to notice.</summary>
    TimeSpan Tolerance { get; }

    /// <summary>False for one that this test did not start.</summary>
    bool CanBeKilled { get; }

    /// <summary>What it logged as its own errors.</summary>
    IReadOnlyList<string> Errors { get; }

    /// <summary>Makes accounts, before it is started or while it runs.</summary>
    Task AddAsync(IReadOnlyList<Account> accounts);

    /// <summary>Starts it, or starts it again on the same data. Returns when it accepts connections.</summary>
    Task StartAsync();

    /// <summary>SIGKILL, as when the power is cut for the process; returns when it is gone.</summary>
    Task KillAsync();
}
