namespace PresenceXml.Protocol;

/// <summary>The namespaces of the core (RFC 6120, 6121). An extension's namespace is a constant of its own module.</summary>
public static class Namespaces
{
    public const string Xml = "http://www.w3.org/XML/1998/namespace";
    public const string Xmlns = "http://www.w3.org/2000/xmlns/";
    public const string Streams = "http://etherx.jabber.org/streams";
    public const string Client = "jabber:client";
    public const string Server = "jabber:server";

    /// <summary>Between a server and a component that connects to it (XEP-0114); stanzas mean in it what they mean in the other two.</summary>
    public const string Component = "jabber:component:accept";
    public const string Dialback = "jabber:server:dialback";
    public const string StreamErrors = "urn:ietf:params:xml:ns:xmpp-streams";
    public const string StanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";
    public const string Tls = "urn:ietf:params:xml:ns:xmpp-tls";
    public const string Sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
    public const string Bind = "urn:ietf:params:xml:ns:xmpp-bind";
    public const string Session = "urn:ietf:params:xml:ns:xmpp-session";
    public const string Roster = "jabber:iq:roster";
    public const string Delay = "urn:xmpp:delay";
    public const string StanzaId = "urn:xmpp:sid:0";
}
