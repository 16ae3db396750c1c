using Microsoft.Extensions.Logging;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>What the streams between servers tell the operator. What a peer does wrong is never more than Information.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Server connection from {Address} (direct TLS: {Direct})")]
    public static partial void Connected(ILogger log, AddressPrefix address, bool direct);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Remote} may send to {Local}, proven by {Proof}, from {Address}")]
    public static partial void Proven(ILogger log, string remote, string local, Federation.DomainProof proof, AddressPrefix address);

    [LoggerMessage(Level = LogLevel.Information, Message = "Somebody at {Address} is not taken for {Remote}: {Reason}")]
    public static partial void NotProven(ILogger log, AddressPrefix address, string remote, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stream of {Remote} from {Address}: {Reason}")]
    public static partial void Ended(ILogger log, string remote, AddressPrefix address, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "An answer of dialback that was not asked for, of {Remote} at {Address}, was dropped")]
    public static partial void Unsolicited(ILogger log, string? remote, AddressPrefix address);

    [LoggerMessage(Level = LogLevel.Error, Message = "A stream between servers failed")]
    public static partial void Failed(ILogger log, Exception exception);
}
