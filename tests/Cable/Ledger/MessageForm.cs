namespace PresenceXml.Cable.Ledger;

/// <summary>How a message came to a device.</summary>
internal enum MessageForm
{
    /// <summary>As itself.</summary>
    Own,

    /// <summary>A carbon of one that another device received.</summary>
    Received,

    /// <summary>A carbon of one that another device sent.</summary>
    Sent,

    /// <summary>A page of the archive.</summary>
    Archive,
}
