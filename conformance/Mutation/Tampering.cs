using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Mutation;

/// <summary>What the proxy does in the place of a mutation.</summary>
public abstract record Tampering
{
    private Tampering()
    {
    }

    /// <summary>It does not arrive.</summary>
    public sealed record Drop : Tampering;

    /// <summary>It arrives twice.</summary>
    public sealed record Twice : Tampering;

    /// <summary>Another element arrives in its place. Null from the function: it cannot be made here.</summary>
    /// <param name="Everywhere">The same is done wherever it can be.</param>
    public sealed record Rewrite(Func<Element, Element?> Change, bool Everywhere = false) : Tampering;

    /// <summary>Another header arrives in its place.</summary>
    /// <param name="Everywhere">The same is done to every header of the performance.</param>
    public sealed record RewriteHeader(Func<StreamHeader, StreamHeader> Change, bool Everywhere = false) : Tampering;

    /// <summary>It arrives behind what follows it.</summary>
    public sealed record PutBehindNext : Tampering;

    /// <summary>Neither it nor anything later arrives, but the runner's fences.</summary>
    public sealed record Silence : Tampering;

    /// <summary>The server closes instead.</summary>
    public sealed record Hangup : Tampering;

    /// <summary>The stream and the connection stay open, though the server closes them.</summary>
    public sealed record StayOpen : Tampering;

    /// <summary>The client's stanza is answered with an error, whatever the server does.</summary>
    public sealed record AnswerWithError : Tampering;

    /// <summary>The client's stanza is delivered to this actor too.</summary>
    public sealed record LeakTo(string Actor) : Tampering;
}
