namespace PresenceXml.Conformance.Runner;

/// <summary>An account on the server under test.</summary>
/// <param name="Keys">The only SCRAM mechanism that the account is to have keys for, where accounts are made so (our own server); null for all.</param>
public sealed record Account(string Local, string Domain, string Password, string? Keys = null)
{
    public string Bare => $"{Local}@{Domain}";
}
