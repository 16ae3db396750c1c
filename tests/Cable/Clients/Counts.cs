namespace PresenceXml.Cable.Clients;

/// <summary>What all clients of an act did.</summary>
internal sealed class Counts
{
    public int Sessions;
    public int Resumed;
    public int RefusedWithCount;
    public int RefusedWithoutCount;
    public int Interrupted;
    public int Forgotten;
    public int GivenUp;
    public int CleanEnds;
    public int Resent;
    public int ResentOnResumption;
    public int Abandoned;
    public int CatchUps;
    public int Pages;
    public int Acknowledged;
    public int Kills;
}
