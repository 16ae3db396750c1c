using PresenceXml.Protocol;
using PresenceXml.Server.Rules;

namespace PresenceXml.Server.Presence.Watching;

/// <summary>Something to be noted of a watcher.</summary>
/// <param name="Watcher">Its bare JID.</param>
/// <param name="Act">What happened.</param>
/// <param name="Strength">How sure it is that it was he.</param>
/// <param name="Wish">How he wants to appear, when that is known.</param>
public readonly record struct WatcherEvent(Jid Watcher, WatcherAct Act, Strength Strength, Visibility? Wish = null);
