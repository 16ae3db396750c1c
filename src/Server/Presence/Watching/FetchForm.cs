namespace PresenceXml.Server.Presence.Watching;

/// <summary>By what somebody fetches.</summary>
public enum FetchForm : byte
{
    /// <summary>Presence of type probe (RFC 6121 §4.3).</summary>
    Probe,

    /// <summary>An iq, which can be answered by an error.</summary>
    Iq,
}
