namespace PresenceXml.Cable.Clients;

/// <summary>The namespaces of the extensions that the clients use.</summary>
internal static class Names
{
    public const string Management = "urn:xmpp:sm:3";
    public const string Archive = "urn:xmpp:mam:2";
    public const string Carbons = "urn:xmpp:carbons:2";
    public const string Forward = "urn:xmpp:forward:0";
    public const string Activity = "urn:xmpp:csi:0";
    public const string ResultSets = "http://jabber.org/protocol/rsm";
    public const string Ping = "urn:xmpp:ping";
    public const string Sasl2 = "urn:xmpp:sasl:2";
    public const string Bind2 = "urn:xmpp:bind:0";
}
