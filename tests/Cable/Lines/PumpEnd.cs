namespace PresenceXml.Cable.Lines;

/// <summary>Why one direction of a line ended.</summary>
internal enum PumpEnd
{
    /// <summary>The source closed with a FIN.</summary>
    Finished,

    /// <summary>The source reset, or was closed by the proxy.</summary>
    Reset,

    /// <summary>The destination takes nothing more.</summary>
    Refused,
}
