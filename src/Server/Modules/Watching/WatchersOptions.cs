using System.ComponentModel.DataAnnotations;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Modules.Watching;

/// <summary>modules.watchers: watcher information.</summary>
public sealed class WatchersOptions
{
    [Option("Whether it is noted who watches whom.")]
    public bool Enabled { get; set; } = true;

    [Option("For how long watchers are listed where an account does not choose.", Unit = "days", DefaultFrom = "RFC 2778 says a recent span of time; a month shows who comes back each week")]
    [Range(1, 365)]
    public int Days { get; set; } = 30;

    [Option("Strangers one account remembers; the one not heard of for longest gives way. 0: no limit.", Unit = "watchers", DefaultFrom = "some 300 bytes each; more nobody reads")]
    [Range(0, int.MaxValue)]
    public int MaxStrangers { get; set; } = 1000;

    [Option("How often somebody who fetches at regular intervals is answered. 0: always.", Unit = "seconds", DefaultFrom = "who needs to know sooner should subscribe")]
    [Range(0, 3600)]
    public int PollSeconds { get; set; } = 60;

    [Option("Whether watchers.<domain> shows people their watchers as a contact.")]
    public bool Service { get; set; } = true;
}
