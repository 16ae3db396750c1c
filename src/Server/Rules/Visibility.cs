namespace PresenceXml.Server.Rules;

/// <summary>How a watcher appears in the WATCHER INFORMATION of those it watches (RFC 2778 §2.4, VISIBILITY RULES). The order is that of what is shown.</summary>
public enum Visibility : byte
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>As one more of those that are not named.</summary>
    Count,

    /// <summary>By name and kind, with times to the day.</summary>
    Coarse,

    /// <summary>By name, kind and times.</summary>
    Full,
}
