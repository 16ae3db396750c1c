namespace PresenceXml.Server.Commands;

/// <summary>A command was refused: one clear line for stderr, exit code 1.</summary>
public sealed class CommandRefusedException(string message, Exception? inner = null) : Exception(message, inner);
