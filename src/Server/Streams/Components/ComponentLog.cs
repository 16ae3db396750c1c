using Microsoft.Extensions.Logging;

namespace PresenceXml.Server.Streams.Components;

/// <summary>What components' streams tell the operator.</summary>
internal static partial class ComponentLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Component {Domain} connected from {Address}")]
    public static partial void Connected(ILogger log, string domain, AddressPrefix address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Component {Domain} refused, from {Address}: its secret is another")]
    public static partial void Refused(ILogger log, string domain, AddressPrefix address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Component {Domain} connected again, from {Address}: its older connection ends")]
    public static partial void Replaced(ILogger log, string domain, AddressPrefix address);

    [LoggerMessage(Level = LogLevel.Information, Message = "Component {Domain} disconnected; {Count} stanzas that waited for it went back")]
    public static partial void Disconnected(ILogger log, string domain, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stream of component {Domain} from {Address} ended: {Error}")]
    public static partial void PeerError(ILogger log, string? domain, AddressPrefix address, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Stream of component {Domain} failed")]
    public static partial void Failed(ILogger log, Exception exception, string? domain);
}
