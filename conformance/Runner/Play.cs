namespace PresenceXml.Conformance.Runner;

/// <summary>One play: a cast and the steps it performs, read from one file.</summary>
/// <param name="Name">The file's name without extension.</param>
/// <param name="Title">The first comment line: the RFC section and the rule in a few words.</param>
/// <param name="Ids">The checklist lines it covers.</param>
/// <param name="Needs">What the server has to offer; a play whose needs are not met is skipped, and reported so.</param>
public sealed record Play(
    string Name,
    string Title,
    IReadOnlyList<string> Ids,
    IReadOnlyList<string> Needs,
    IReadOnlyList<CastMember> Cast,
    IReadOnlyList<Step> Steps)
{
    /// <summary>What a play with a <c>[Server]</c> needs, whether it says so or not.</summary>
    public const string Federation = "federation";
}

/// <summary>Somebody who appears in a play.</summary>
/// <param name="Name">The name in the steps.</param>
/// <param name="Local">The localpart in the play; the run gives each play accounts of its own in its place.</param>
/// <param name="Resource">The resource to bind, null: the server makes one.</param>
/// <param name="Password">A password other than the account's own, to fail with; null: the right one.</param>
/// <param name="Exists">False for a <c>[Nobody]</c>: an address that no account has, and for a <c>[Server]</c>.</param>
/// <param name="IsServer">A <c>[Server]</c>: a server of its own that federates with the one under test, not an account on it.</param>
public sealed record CastMember(string Name, string Local, string? Resource, string? Password, bool Exists, bool IsServer = false, string? Keys = null);
