namespace PresenceXml.Server.Federation;

/// <summary>How a stream between servers was proven, and what it can do, for the operator.</summary>
/// <param name="Theirs">How the other server was proven to us.</param>
/// <param name="Ours">How we were proven to it; null: it took us for proven when it opened the stream.</param>
/// <param name="IsTheirs">True of a stream that the other server opened.</param>
/// <param name="IsBidi">True when both send on it (XEP-0288).</param>
/// <param name="IsManaged">True when what arrives is acknowledged (XEP-0198).</param>
internal sealed record LinkManner(DomainProof Theirs, DomainProof? Ours, bool IsTheirs, bool IsBidi, bool IsManaged)
{
    public override string ToString() => string.Join(", ", Words());

    private IEnumerable<string> Words()
    {
        yield return Ours is null || Ours == Theirs ? Word(Theirs) : $"{Word(Theirs)}, we by {Word(Ours.Value)}";
        if (IsTheirs) yield return "on their stream";
        if (IsBidi) yield return "bidi";
        if (IsManaged) yield return "stream management";
    }

    /// <summary>The word of the configuration for a proof.</summary>
    public static string Word(DomainProof proof) => proof switch
    {
        DomainProof.Certificate => "certificate",
        DomainProof.Dialback => "dialback",
        _ => "secret",
    };
}
