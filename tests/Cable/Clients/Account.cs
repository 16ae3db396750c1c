namespace PresenceXml.Cable.Clients;

/// <summary>An account with its devices, and whom it writes to.</summary>
internal sealed class Account(string local, string domain)
{
    public string Local { get; } = local;
    public string Bare { get; } = $"{local}@{domain}";
    public string Domain { get; } = domain;

    // The same for all: nobody logs in with more right than he has.
    public string Password => "cable";

    public List<Device> Devices { get; } = [];
    public List<Account> Peers { get; } = [];

    public override string ToString() => Bare;
}
