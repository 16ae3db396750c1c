using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>What another server sends into the heart, once it is clear that it may say so.</summary>
internal static class InboundStanzas
{
    /// <summary>Takes a stanza: it must be from a domain that was proven on this stream, to the domain of ours, or of a component, it was proven to.</summary>
    /// <param name="services">What all streams share.</param>
    /// <param name="session">Counts.</param>
    /// <param name="proven">What was proven.</param>
    /// <param name="element">A first-level element that belongs to nothing else.</param>
    /// <param name="language">Of the stream (RFC 6120 §8.1.5).</param>
    /// <param name="cancel">The stream is gone. With stream management what was begun is brought to its end, for it counts.</param>
    /// <exception cref="StreamException">The stream has to end.</exception>
    public static ValueTask TakeAsync(ServerServices services, InboundSession session, ProvenDomains proven, RawElement element, string? language, CancellationToken cancel)
    {
        // RFC 6120 §4.8.4: an unknown first-level element goes nowhere.
        Stanza stanza = StanzaReader.Read(element, out StanzaError? problem, services.Addresses, language: language) ?? throw new StreamException(StreamError.UnsupportedStanzaType);
        // RFC 6120 §8.1.1.2, §8.1.2.2, §4.9.3.7: an address that is no address is missing here.
        if (stanza.From is null || stanza.To is null) throw new StreamException(StreamError.ImproperAddressing);
        if (!services.Domains.Serves(stanza.To)) throw new StreamException(StreamError.HostUnknown);
        if (!proven.Contains(new DomainPair(stanza.To.Domain, stanza.From.Domain)))
            throw new StreamException(proven.Any ? StreamError.InvalidFrom : StreamError.NotAuthorized);
        if (!session.IsManaged) return HandleAsync(services, session, stanza, problem, cancel);
        session.Begin();
        ValueTask handling = HandleAsync(services, session, stanza, problem, CancellationToken.None);
        if (!handling.IsCompletedSuccessfully) return CountAsync(session, handling);
        session.Done();
        return default;
    }

    private static async ValueTask CountAsync(InboundSession session, ValueTask handling)
    {
        await handling;
        session.Done();
    }

    private static ValueTask HandleAsync(ServerServices services, InboundSession session, Stanza stanza, StanzaError? problem, CancellationToken cancel)
    {
        if (services.Fences.TryTake(stanza)) return default;
        return problem is null ? services.Router.RouteAsync(session.Origin, stanza, cancel) : services.Router.RefuseAsync(session.Origin, stanza, problem);
    }
}
