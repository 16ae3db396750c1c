using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>
/// What failed logins cost. An address that fails too often is refused for the rest of its minute; an account that is being guessed
/// at is only slowed, so that nobody can lock its owner out. It does not matter whether the account exists. An address that has logged in
/// to the account before pays for neither, only for its own failures at that account: its neighbours behind one address may guess too.
/// </summary>
internal sealed class LoginThrottle(ServerOptions options, TimeProvider time)
{
    private const int FreeFailures = 3;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250), LongestDelay = TimeSpan.FromSeconds(4);
    private readonly int limit = options.Limits.AuthFailuresPerMinute;
    private readonly FailureCounter<AddressPrefix> addresses = new(time, TimeSpan.FromMinutes(1));
    private readonly FailureCounter<(AddressPrefix Address, Jid Account)> homes = new(time, TimeSpan.FromMinutes(1));
    private readonly FailureCounter<Jid> accounts = new(time, TimeSpan.FromMinutes(10));

    /// <summary>True when the address has failed as often as it may within a minute.</summary>
    public bool IsRefused(AddressPrefix address) => limit > 0 && addresses.Count(address) >= limit;

    /// <summary>True when an address that has logged in to the account before has failed there as often as it may within a minute.</summary>
    public bool IsRefusedAtHome(AddressPrefix address, Jid account) => limit > 0 && homes.Count((address, account)) >= limit;

    /// <summary>How long an answer about this account is to be held back.</summary>
    public TimeSpan Delay(Jid account)
    {
        int failures = limit > 0 ? accounts.Count(account) - FreeFailures : 0;
        if (failures <= 0) return TimeSpan.Zero;
        TimeSpan delay = FirstDelay * Math.Pow(2, Math.Min(failures, 10) - 1);
        return delay < LongestDelay ? delay : LongestDelay;
    }

    /// <summary>A password was wrong; <paramref name="atHome"/>: the address has logged in to the account before.</summary>
    public void Failed(AddressPrefix address, Jid? account, bool atHome = false)
    {
        addresses.Add(address);
        if (account is null) return;
        accounts.Add(account);
        if (atHome) homes.Add((address, account));
    }

    /// <summary>A password was right.</summary>
    public void Succeeded(Jid account) => accounts.Forget(account);
}
