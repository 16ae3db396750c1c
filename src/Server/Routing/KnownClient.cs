using PresenceXml.Storage;

namespace PresenceXml.Server.Routing;

/// <summary>One client in an account's list (XEP-0494).</summary>
/// <param name="Record">What is known of it.</param>
/// <param name="IsConnected">It has a session, with a line or waiting for one.</param>
/// <param name="HasToken">It has a token that lets it in.</param>
public sealed record KnownClient(ClientRecord Record, bool IsConnected, bool HasToken);
