namespace PresenceXml.Conformance.Runner;

/// <summary>An account on the server under test.</summary>
public sealed record Account(string Local, string Domain, string Password)
{
    public string Bare => $"{Local}@{Domain}";
}
