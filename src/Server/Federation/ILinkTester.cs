namespace PresenceXml.Server.Federation;

/// <summary>Tries whether another server can be reached, and reaches us, without sending anything of anybody. Streams fulfils it.</summary>
internal interface ILinkTester
{
    /// <summary>Opens a stream of its own by all the steps a link takes, whatever that is doing at the moment, and asks for an answer.</summary>
    /// <param name="pair">Who is to reach whom.</param>
    /// <param name="trace">Takes each step.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    Task<LinkTest> TestAsync(DomainPair pair, LinkTrace trace, CancellationToken cancel);
}
