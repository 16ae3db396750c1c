namespace PresenceXml.Federation.Tests.Peers;

public enum PeerKind
{
    Own,
    Prosody,
    Ejabberd,
}
