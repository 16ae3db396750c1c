namespace PresenceXml.Server.Federation.Dns;

/// <summary>What is asked: the records of a type that a name has.</summary>
internal readonly record struct DnsQuestion(DnsName Name, DnsType Type)
{
    public override string ToString() => $"{Type} {Name}";
}
