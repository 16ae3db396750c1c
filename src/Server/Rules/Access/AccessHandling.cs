namespace PresenceXml.Server.Rules.Access;

/// <summary>What becomes of a watcher (RFC 5025 §3.2.1, <c>sub-handling</c>). Of several rules the highest counts.</summary>
public enum AccessHandling : byte
{
    /// <summary>A subscription is refused or ended, a fetch is answered as if there were nobody.</summary>
    Block = 0,

    /// <summary>The presentity is asked; until it has answered the watcher learns nothing.</summary>
    Confirm = 10,

    /// <summary>A subscription looks accepted, by somebody who is never there.</summary>
    PoliteBlock = 20,

    /// <summary>The watcher sees what the <see cref="PresenceView"/> has.</summary>
    Allow = 30,
}
