namespace PresenceXml.Server.Federation.Dns;

/// <summary>How far a response fits the query it claims to answer.</summary>
internal enum DnsEcho
{
    /// <summary>It belongs to something else, or to nobody: whoever sent it did not see the query.</summary>
    Foreign,

    /// <summary>The number fits, but not every letter of the question: a careless server, or somebody who guesses well.</summary>
    Doubtful,

    /// <summary>Number and question are those that were sent, letter by letter.</summary>
    Same,
}
