using System.Collections.Concurrent;
using System.Security.Cryptography;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// Pings (XEP-0199 2.0) behind stanzas, from a domain of ours to one of another server without stream management: whoever answers has taken what was
/// sent before (RFC 6120 §10.1). The answer comes on whichever stream the other server uses for us.
/// </summary>
internal sealed class Fences
{
    private const string Prefix = "fence-";
    private static readonly StanzaContent Ping = StanzaContent.Of(new Element("urn:xmpp:ping", "ping"));
    private readonly ConcurrentDictionary<string, (DomainPair Pair, Action<Stanza> Answered)> open = new();

    /// <summary>Makes one for a link that waits for the answer.</summary>
    public Iq Make(LinkCarrier carrier) => Ask(carrier.Pair, answer => carrier.Answered(answer.Id!));

    /// <summary>Makes one for anybody else; to be dropped by who made it.</summary>
    /// <param name="pair">Who asks whom.</param>
    /// <param name="answered">Takes the answer, which may be an error; must not wait.</param>
    public Iq Ask(DomainPair pair, Action<Stanza> answered)
    {
        string id = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        open[id] = (pair, answered);
        return new Iq { Type = IqType.Get, From = Jid.Parse(pair.Local), To = Jid.Parse(pair.Remote), Id = id, Content = Ping };
    }

    /// <summary>True when the stanza answers one, also with an error, and nobody else has anything to do with it.</summary>
    public bool TryTake(Stanza stanza)
    {
        if (stanza is not Iq { IsRequest: false, Id: { } id } || !id.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        if (stanza is not { From: { HasLocal: false, IsBare: true } from, To: { HasLocal: false, IsBare: true } to }) return false;
        if (!open.TryGetValue(id, out (DomainPair Pair, Action<Stanza> Answered) waiting) || waiting.Pair != new DomainPair(to.Domain, from.Domain)) return false;
        waiting.Answered(stanza);
        return true;
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void Drop(string id) => open.TryRemove(id, out _);
}
