using PresenceXml.Cable.Clients;

namespace PresenceXml.Cable.Run;

/// <summary>Who takes part: sets of accounts in which each kind of client stands beside each other one.</summary>
internal static class Cast
{
    private static readonly DeviceTraits[][] Set =
    [
        [new(Managed: true, Catches: true, Carbons: true, Modern: true)],
        [new(Managed: true, Catches: false, Carbons: false)],
        [new(Managed: false, Catches: true, Carbons: true)],
        [new(Managed: false, Catches: false, Carbons: false)],
        [new(Managed: true, Catches: true, Carbons: true, TrustsLive: true, Modern: true), new(Managed: true, Catches: true, Carbons: true)],
        [new(Managed: true, Catches: false, Carbons: true), new(Managed: true, Catches: true, Carbons: true, Modern: true)],
        [new(Managed: false, Catches: false, Carbons: false), new(Managed: true, Catches: true, Carbons: true)],
        [new(Managed: false, Catches: true, Carbons: true, TrustsLive: true, Modern: true), new(Managed: true, Catches: false, Carbons: true)],
        [new(Managed: false, Catches: false, Carbons: false, Resends: false)],
        [new(Managed: false, Catches: false, Carbons: true), new(Managed: false, Catches: false, Carbons: false)],
        [new(Managed: true, Catches: false, Carbons: false), new(Managed: false, Catches: true, Carbons: false)],
        [new(Managed: true, Catches: true, Carbons: false, TrustsLive: true)],
    ];

    /// <summary>The names of their devices.</summary>
    private static readonly string[] Resources = ["phone", "desk"];

    /// <summary>Accounts with their peers, and each account's devices.</summary>
    public static IReadOnlyList<(Account Account, IReadOnlyList<(string Resource, DeviceTraits Traits)> Devices)> Of(string prefix, int sets, string domain)
    {
        Account[] accounts = [.. Enumerable.Range(0, sets * Set.Length).Select(number => new Account($"{prefix}{number}", domain))];
        for (int i = 0; i < accounts.Length; i++)
        {
            foreach (int step in (int[])[1, accounts.Length - 1, 5])
            {
                Account peer = accounts[(i + step) % accounts.Length];
                accounts[i].Peers.Add(peer);
            }
        }
        return [.. accounts.Select((account, i) => (account, (IReadOnlyList<(string, DeviceTraits)>)[.. Set[i % Set.Length].Select(static (traits, j) => (Resources[j], traits))]))];
    }
}
