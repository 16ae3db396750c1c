namespace PresenceXml.Server.Routing;

/// <summary>Why a stream with a session is over (XEP-0198 1.6 §7).</summary>
internal enum LineEnd
{
    /// <summary>The client has closed it.</summary>
    Closed,

    /// <summary>The connection went without that, or another one takes its place.</summary>
    Lost,

    /// <summary>This side ended it, with an error or because it stops.</summary>
    Ended,
}
