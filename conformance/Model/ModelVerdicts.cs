namespace PresenceXml.Conformance.Model;

/// <summary>What can be said of a requirement or a term.</summary>
internal static class ModelVerdicts
{
    public const string Met = "met";
    public const string InPart = "met in part";
    public const string Measured = "measured";
    public const string ByDocument = "by document";
    public const string NotTaken = "not taken";
    public const string NotBuilt = "not built yet";

    public static IReadOnlyList<(string Word, string Meaning)> All { get; } =
    [
        (Met, "the proofs show it, and were seen to fail when the server was broken"),
        (InPart, "the proofs show what is there; the remark says what is missing"),
        (Measured, "a matter of speed or size: measured in `bench/`, never asserted in a test"),
        (ByDocument, "asks for rules or words, not for behaviour: the page that holds them is named"),
        (NotTaken, "a SHOULD that is not followed, with the reason"),
        (NotBuilt, "nothing of it holds yet, with the reason"),
    ];

    /// <summary>Must something of the tree be named that shows it?</summary>
    public static bool NeedsProof(string verdict) => verdict is Met or InPart or Measured or ByDocument;

    /// <summary>Must it have been seen to fail?</summary>
    public static bool NeedsBreaking(string verdict) => verdict is Met or InPart;

    /// <summary>Must it be explained?</summary>
    public static bool NeedsRemark(string verdict) => verdict is InPart or NotTaken or NotBuilt;
}
