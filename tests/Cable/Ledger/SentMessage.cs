using PresenceXml.Cable.Clients;

namespace PresenceXml.Cable.Ledger;

/// <summary>A message that a device sent, with what became of it as far as its sender knows. Changed by its sender alone.</summary>
internal sealed class SentMessage(string id, Device sender, Account to, string address, int order)
{
    public string Id { get; } = id;
    public Device Sender { get; } = sender;
    public Account To { get; } = to;

    /// <summary>The address it was sent to, bare or full.</summary>
    public string Address { get; } = address;

    /// <summary>Its place among its sender's messages.</summary>
    public int Order { get; } = order;

    public List<Attempt> Attempts { get; } = [];

    /// <summary>When its sender learned that the server has it; null: never.</summary>
    public TimeSpan? Acknowledged { get; private set; }

    /// <summary>By what.</summary>
    public string? AcknowledgedBy { get; private set; }

    /// <summary>The stanza error it came back with.</summary>
    public string? Refusal { get; set; }

    public void Acknowledge(TimeSpan at, string by)
    {
        if (Acknowledged is not null)
            return;
        Acknowledged = at;
        AcknowledgedBy = by;
    }

    public bool IsFor(string account) => To.Bare == account;

    public override string ToString() => Id;
}
