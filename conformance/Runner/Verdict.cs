namespace PresenceXml.Conformance.Runner;

/// <summary>Who is right where a server does other than a play expects. The words for it are in <see cref="Verdicts"/>.</summary>
public enum Verdict
{
    /// <summary>The server breaks a MUST or MUST NOT.</summary>
    ServerWrong,

    /// <summary>The server does not follow a SHOULD, or a RECOMMENDED.</summary>
    ShortOfShould,

    /// <summary>The RFC allows what the server does; the play tests the other choice, and the line says why it does.</summary>
    Choice,

    /// <summary>The rule is about something optional that this server, or its configuration, does not have.</summary>
    NotBuilt,
}
