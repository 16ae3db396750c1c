using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Sessions;

/// <summary>What did not reach the client of an ended session and was its own, in order. Carbons and copies go nowhere.</summary>
/// <param name="Sequences">Messages that lie in the log.</param>
/// <param name="Stanzas">Everything else.</param>
internal sealed record Leftovers(List<long> Sequences, List<Stanza> Stanzas)
{
    public void Add(OutboxEntry entry)
    {
        if (entry.Form != OutboxForm.Own)
            return;
        if (entry.Sequence != 0)
            Sequences.Add(entry.Sequence);
        else if (entry.Stanza is not null)
            Stanzas.Add(entry.Stanza);
    }
}
