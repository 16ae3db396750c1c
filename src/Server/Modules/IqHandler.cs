namespace PresenceXml.Server.Modules;

/// <summary>
/// Answers one iq request. It never awaits an answer of the peer it is handling: that one waits behind this in the same stream. What
/// it throws is our bug: logged once and answered <c>internal-server-error</c>.
/// </summary>
public delegate ValueTask<IqReply> IqHandler(IqContext iq, CancellationToken cancel);
