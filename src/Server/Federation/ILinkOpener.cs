namespace PresenceXml.Server.Federation;

/// <summary>Opens connections to other servers. Streams fulfils it.</summary>
internal interface ILinkOpener
{
    /// <summary>Finds the server, connects, negotiates, proves who we are. The time allowed for all of it is the caller's, by <paramref name="cancel"/>.</summary>
    /// <param name="pair">Who wants to speak to whom.</param>
    /// <param name="lost">The stream that carried the link before, to be resumed (XEP-0198 §5) if it can be; null when there was none.</param>
    /// <param name="trace">Takes each step, for <c>presencexml federation</c> and the log.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="LinkFailedException">It could not be opened, and why.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    Task<ILinkStream> OpenAsync(DomainPair pair, ILinkStream? lost, LinkTrace trace, CancellationToken cancel);
}
