namespace PresenceXml.Server.Modules.Inbox;

/// <summary>What lies in one box.</summary>
internal sealed class BoxCounts
{
    /// <summary>Messages, sent and received.</summary>
    public int Total { get; set; }

    /// <summary>Of these, what was received.</summary>
    public int Received { get; set; }

    /// <summary>Of these, what says something to a person and was not marked read.</summary>
    public int Unread { get; set; }

    /// <summary>Of these, what no client has got yet.</summary>
    public int Undelivered { get; set; }

    /// <summary>Of the stanzas.</summary>
    public long Bytes { get; set; }
}
