using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Mutation;

public enum WireEventKind
{
    Header,
    Element,

    /// <summary>The closing tag of the stream.</summary>
    Close,

    /// <summary>The end of the TCP connection.</summary>
    End,
}

/// <summary>Where something happens on the wires of a performance; the same place in each performance of the play.</summary>
/// <param name="Connection">The actor's connections count from 1.</param>
/// <param name="Ordinal">What comes from one side of a connection counts from 0.</param>
public readonly record struct Place(string Actor, int Connection, bool IsFromServer, int Ordinal)
{
    public override string ToString() => $"{(IsFromServer ? "to" : "from")} {Actor}, connection {Connection}, no. {Ordinal + 1}";
}

/// <summary>Something that passed the proxy.</summary>
/// <param name="End">Of what a client sent: how many bytes it had sent up to the end of this.</param>
/// <param name="Bound">The full JIDs that the actors had bound then.</param>
public sealed record WireEvent(
    Place Place, WireEventKind Kind, Element? Element, StreamHeader? Header, long End, IReadOnlyDictionary<string, string> Bound)
{
    /// <summary>Whether the other, in another performance, can be taken for this one.</summary>
    public bool Resembles(WireEvent other) => Place == other.Place && Kind == other.Kind && Element?.Name == other.Element?.Name;

    public override string ToString() => Kind switch
    {
        WireEventKind.Header => new Runner.Received.Header(Header!).ToString(),
        WireEventKind.Element => Element!.ToString(),
        WireEventKind.Close => "</stream:stream>",
        _ => "(the end of the connection)",
    };
}
