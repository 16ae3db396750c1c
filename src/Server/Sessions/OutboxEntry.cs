using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Sessions;

/// <summary>Something that waits in an <see cref="Outbox"/>, or was written and not acknowledged.</summary>
/// <param name="Stanza">Null while it waits in the log; never for an <see cref="OutboxForm.Copy"/>.</param>
/// <param name="Sequence">Its place in the account's log; 0 when it has none.</param>
/// <param name="Bytes">About what it takes on the wire.</param>
/// <param name="Form">As what it is to be written.</param>
/// <param name="Time">When it was received, in UTC ticks; 0 when nobody asked the clock.</param>
/// <param name="IsLate">True when what is written is to tell the time.</param>
internal record struct OutboxEntry(Stanza? Stanza, long Sequence, int Bytes, OutboxForm Form = OutboxForm.Own, long Time = 0, bool IsLate = false)
{
    // What a stanza's tag and addresses cost beside its content, roughly.
    private const int StanzaOverhead = 160;

    /// <summary>The least a stanza takes.</summary>
    public const int LeastBytes = StanzaOverhead;

    /// <summary>An entry with its size.</summary>
    public static OutboxEntry Of(Stanza stanza, long sequence = 0, OutboxForm form = OutboxForm.Own) =>
        new(stanza, sequence, stanza.Content.Length + StanzaOverhead + (form == OutboxForm.Carbon ? Messaging.CarbonWrap.Bytes : 0), form);

    /// <summary>What the writer got.</summary>
    public static OutboxEntry Of(OutboxItem item) => Of(item.Stanza, item.Sequence, item.Form) with { Time = item.Time, IsLate = item.Time != 0 };

    /// <summary>As it goes to the writer.</summary>
    public readonly OutboxItem ToItem() => new(Stanza!, Sequence, Form, IsLate ? Time : 0);
}
