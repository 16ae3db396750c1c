using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Server.Streams.Tls;

namespace PresenceXml.Server.Streams;

/// <summary>What the streams tell the operator. What a peer does wrong is never more than Information.</summary>
internal static partial class StreamLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection from {Address} (direct TLS: {Direct})")]
    public static partial void Connected(ILogger log, AddressPrefix address, bool direct);

    [LoggerMessage(Level = LogLevel.Information, Message = "Connection from {Address} refused: it has as many as it may")]
    public static partial void TooManyConnections(ILogger log, AddressPrefix address);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection from {Address} encrypted: {Tls}")]
    public static partial void Encrypted(ILogger log, AddressPrefix address, TlsTransport tls);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Account} logged in from {Address} by {Mechanism}")]
    public static partial void Authenticated(ILogger log, Jid account, AddressPrefix address, string mechanism);

    [LoggerMessage(Level = LogLevel.Information, Message = "Login as \"{Name}\" by {Mechanism} from {Address} refused: {Failure}")]
    public static partial void LoginRefused(ILogger log, string? name, string? mechanism, AddressPrefix address, string failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stream of {Who} from {Address} ended: {Error}")]
    public static partial void PeerError(ILogger log, Jid? who, AddressPrefix address, string error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection of {Who} from {Address} lost: {Reason}")]
    public static partial void Lost(ILogger log, Jid? who, AddressPrefix address, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection from {Address} closed ({Who})")]
    public static partial void Disconnected(ILogger log, AddressPrefix address, Jid? who);

    [LoggerMessage(Level = LogLevel.Error, Message = "Stream of {Who} failed")]
    public static partial void Failed(ILogger log, Exception exception, string who);

    [LoggerMessage(Level = LogLevel.Error, Message = "A stanza of {Who} with id \"{Id}\" failed")]
    public static partial void RoutingFailed(ILogger log, Exception exception, Jid who, string? id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Logins are refused for now: the store cannot be read")]
    public static partial void StoreUnreadable(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The address a login came from could not be remembered")]
    public static partial void AddressNotRemembered(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What the keys of accounts look like could not be read again; fake keys go by what was")]
    public static partial void KeyShapesNotRenewed(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificate in force: {Subject}, SHA-256 {Fingerprint}, until {NotAfter:u}")]
    public static partial void CertificateLoaded(ILogger log, string subject, string fingerprint, DateTimeOffset notAfter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The old certificate stays in force: {Reason}")]
    public static partial void CertificateNotReloaded(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No certificate is for the domain {Domain}: clients will object to {Subject}")]
    public static partial void CertificateLacksDomain(ILogger log, string domain, string subject);

    [LoggerMessage(Level = LogLevel.Information, Message = "No certificate is for the component's domain {Domain}: other servers that ask for one will not speak with it; {Subject} is shown")]
    public static partial void CertificateLacksComponent(ILogger log, string domain, string subject);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate {Subject} expires at {NotAfter:u}")]
    public static partial void CertificateExpires(ILogger log, string subject, DateTimeOffset notAfter);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Streams} streams did not end in time and were cut")]
    public static partial void CutAtStop(ILogger log, int streams);

    [LoggerMessage(Level = LogLevel.Error, Message = "What waits for other servers could not be dealt with before the stop")]
    public static partial void StopFailed(ILogger log, Exception exception);
}
