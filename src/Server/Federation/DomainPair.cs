namespace PresenceXml.Server.Federation;

/// <summary>A domain of ours and one of another server: what is proven, and what a link carries, is so between the two of them only.</summary>
/// <param name="Local">Ours, as in <see cref="PresenceXml.Protocol.Jid.Domain"/>.</param>
/// <param name="Remote">Theirs, likewise.</param>
internal readonly record struct DomainPair(string Local, string Remote)
{
    public override string ToString() => $"{Local} and {Remote}";
}
