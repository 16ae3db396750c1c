using System.Collections.Immutable;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules.Blocking;

/// <summary>What the module remembers of a loaded account; swapped as a whole under the account's gate.</summary>
/// <param name="List">What is blocked.</param>
/// <param name="Asked">The sessions that asked for the list and so are told of changes (XEP-0191 §3.3).</param>
internal sealed record BlockingState(BlockList List, ImmutableHashSet<ClientSession> Asked);
