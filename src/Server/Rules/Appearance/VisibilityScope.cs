namespace PresenceXml.Server.Rules.Appearance;

/// <summary>For whom a visibility rule is.</summary>
public enum VisibilityScope : byte
{
    /// <summary>One presentity.</summary>
    Jid,

    /// <summary>All presentities of a domain.</summary>
    Domain,

    /// <summary>All of a group of the watcher's roster.</summary>
    Group,
}
