namespace PresenceXml.Server.Streams.Servers;

/// <summary>How a connection with another server ended.</summary>
/// <param name="IsLost">True when it broke off, or either side ended it with an error; false when it was closed in good order.</param>
/// <param name="IsBroken">True when nothing more could be said on it.</param>
/// <param name="Reason">For people.</param>
internal readonly record struct LineOutcome(bool IsLost, bool IsBroken, string Reason);
