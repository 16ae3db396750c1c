using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>
/// Connects to the server of a domain: to one place after the other, in their order, each when the one before was of no use.
/// </summary>
/// <param name="domain">The domain.</param>
/// <param name="trace">Takes what is asked, answered and tried.</param>
/// <param name="cancel">Gives up.</param>
/// <returns>The connections that could be made. Ends with <see cref="LinkFailedException"/> when none could.</returns>
internal delegate IAsyncEnumerable<ServerConnection> Dial(string domain, LinkTrace trace, CancellationToken cancel);
