using System.Collections.Immutable;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>What is remembered of an account's inbox beside its log. Immutable, and swapped as a whole.</summary>
/// <param name="Marks">What of it was read.</param>
/// <param name="Asked">Sessions that are told of changes.</param>
internal sealed record InboxState(ReadMarks Marks, ImmutableHashSet<ClientSession> Asked)
{
    /// <summary>The one object of nearly every account.</summary>
    public static readonly InboxState Empty = new(ReadMarks.None, []);
}
