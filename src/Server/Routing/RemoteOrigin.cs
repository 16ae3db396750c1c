using PresenceXml.Server.Federation;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Routing;

/// <summary>
/// Where stanzas of another server, or of a component, come from: one for each stream, and with stream management one for as long as it is
/// resumed. Used by the stream's reader, but for the barrier, which guards itself.
/// </summary>
/// <param name="proof">How the stream was proven; of several domains the weakest.</param>
public sealed class RemoteOrigin(DomainProof proof)
{
    /// <summary>How the stream was proven; of several domains the weakest.</summary>
    public DomainProof Proof => proof;

    /// <summary>What rules make of that.</summary>
    internal Strength Strength => Strengths.Of(proof);

    /// <summary>A further pair of domains was proven on the stream.</summary>
    internal void Weaken(DomainProof other)
    {
        if (other < proof) proof = other;
    }

    /// <summary>
    /// The stanzas that came, modulo 2³², with the one that is being handled (XEP-0198 §4). Set by the reader before each; stays 0 without
    /// stream management.
    /// </summary>
    public uint Received { get; set; }

    /// <summary>
    /// What came and is not durable yet. An iq that the server itself answers passes it by itself; what stream management acknowledges is
    /// <see cref="CommitBarrier.Durable"/>, and once it <see cref="CommitBarrier.HasFailed"/> the stream ends and is not resumed.
    /// </summary>
    internal CommitBarrier Barrier { get; } = new();

    /// <summary>The pairs of domains that spoke here.</summary>
    internal HashSet<DomainPair> Heard { get; } = [];

    /// <summary>The stanza that is being handled is acknowledged when this is durable, and not before (D4).</summary>
    internal void AddCommit(Task commit) => Barrier.Add(commit, Received);
}
