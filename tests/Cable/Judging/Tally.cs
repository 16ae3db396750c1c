namespace PresenceXml.Cable.Judging;

/// <summary>What the report counts, beside what is wrong.</summary>
internal sealed class Tally
{
    public int Sent;
    public int Acknowledged;
    public int Stored;
    public int StoredUnacknowledged;
    public int NeverStored;
    public int Refused;
    public int Overtaken;
    public int Receipts;

    /// <summary>The same stanza-id again to a device, by a page of the archive or in a later session.</summary>
    public int AgainFromArchive;
    public int AgainInLaterSession;
    public int AgainAfterKill;

    /// <summary>Shown before it was durable, and the server was killed in between.</summary>
    public int Ghosts;

    /// <summary>Such a message was the point up to which a client believed to know the archive, which then did not know it.</summary>
    public int ForgottenPoints;

    /// <summary>In a session behind newer ones, with its original time.</summary>
    public int ReturnedLate;

    /// <summary>Carbons of own messages and received messages crossed.</summary>
    public int Crossed;

    /// <summary>Missed by a device with neither, on a line that was cut.</summary>
    public int OnTheCutLine;

    /// <summary>Missed by a device without MAM while it had no session, and another device of its account had it.</summary>
    public int MissedWhileAway;

    /// <summary>The same by a device with SM (D4: its catching up is the archive alone).</summary>
    public int MissedBySmWithoutArchive;
}
