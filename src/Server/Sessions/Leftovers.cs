using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Sessions;

/// <summary>What an ended session had not written and what was its own, in order. Carbons and copies go nowhere.</summary>
/// <param name="Sequences">Messages that lie in the log.</param>
/// <param name="Stanzas">Everything else.</param>
internal sealed record Leftovers(List<long> Sequences, List<Stanza> Stanzas)
{
    public void Add(Stanza? stanza, long sequence, OutboxForm form)
    {
        if (form != OutboxForm.Own)
            return;
        if (sequence != 0)
            Sequences.Add(sequence);
        else if (stanza is not null)
            Stanzas.Add(stanza);
    }
}
