using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>Something the server did on a connection.</summary>
public abstract record Received
{
    private Received()
    {
    }

    public sealed record Header(StreamHeader Value) : Received
    {
        public override string ToString() =>
            $"<stream:stream xmlns='{Value.ContentNamespace}' from='{Value.From}' to='{Value.To}' id='{Value.Id}' version='{Value.Version}' xml:lang='{Value.Lang}'>";
    }

    public sealed record Stanza(Element Value) : Received
    {
        public override string ToString() => Value.ToString();
    }

    public sealed record StreamClose : Received
    {
        public override string ToString() => "</stream:stream>";
    }

    public sealed record ConnectionClose(string How) : Received
    {
        public override string ToString() => $"(the connection ended: {How})";
    }

    /// <summary>Bytes that are no XML stream by RFC 6120: the server broke a rule itself.</summary>
    public sealed record IllFormed(string Problem) : Received
    {
        public override string ToString() => $"(the server sent what is no stream: {Problem})";
    }
}
