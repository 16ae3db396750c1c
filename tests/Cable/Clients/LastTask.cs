namespace PresenceXml.Cable.Clients;

/// <summary>What a device is asked to do at the end.</summary>
internal enum LastTask
{
    None,

    /// <summary>A message to each peer.</summary>
    WriteToPeers,

    /// <summary>The end of the archive.</summary>
    CatchUp,
}
