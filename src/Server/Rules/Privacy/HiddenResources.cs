using System.Collections.Immutable;
using PresenceXml.Protocol;

namespace PresenceXml.Server.Rules.Privacy;

/// <summary>Which resources of an account one watcher does not see, because the lists of its sessions differ (XEP-0016 §2.2).</summary>
/// <param name="Sessions">Each connected resource, and whether it is hidden.</param>
/// <param name="Others">Whether what no session holds is hidden: by the default list.</param>
public sealed record HiddenResources(ImmutableDictionary<string, bool> Sessions, bool Others)
{
    /// <summary>Is the resource of this address hidden?</summary>
    public bool Hides(Jid? resource) =>
        resource?.Resource is { } name && Sessions.TryGetValue(name, out bool isHidden) ? isHidden : Others;
}
