namespace PresenceXml.Server.Modules;

/// <summary>One step of an ad-hoc command (XEP-0050); what it asks is handed to the next.</summary>
public delegate ValueTask<CommandReply> CommandHandler(CommandContext context, CancellationToken cancel);
