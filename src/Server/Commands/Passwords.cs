using System.Security.Cryptography;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Commands;

/// <summary>Passwords that are set here: what is refused, how one is made up, and how keys come of one.</summary>
public static class Passwords
{
    /// <summary>Shorter ones are guessed within the failures that throttling lets through.</summary>
    public const int MinimumLength = 6;

    // Without those that look alike: 32 characters, 5 bits each.
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    /// <summary>
    /// Prepares a password (OpaqueString, RFC 8265 §4.2) and refuses a trivially weak one (RFC 6120 §13.9.4 leaves the measure to us):
    /// shorter than <see cref="MinimumLength"/> characters, one character over and over, or the account's own name.
    /// </summary>
    /// <returns>Null when it may be used; otherwise why not, as the end of a sentence.</returns>
    public static string? Check(string password, Jid account, out string prepared)
    {
        prepared = "";
        if (password.Length == 0) return "the password is empty";
        if (!JidPreparation.TryPassword(password, out string? opaque)) return "the password has characters that none may have (RFC 8265 §4.2)";
        prepared = opaque;
        if (opaque.EnumerateRunes().Count() < MinimumLength) return $"the password is shorter than {MinimumLength} characters";
        if (opaque.EnumerateRunes().Distinct().Count() == 1) return "the password is one character over and over";
        return opaque.Equals(account.Local, StringComparison.OrdinalIgnoreCase) || opaque.Equals(account.ToString(), StringComparison.OrdinalIgnoreCase)
            ? "the password is the name of the account" : null;
    }

    /// <summary>A random password of 80 bits in four groups.</summary>
    public static string MakeUp() => string.Join('-', Enumerable.Range(0, 4).Select(static _ => RandomNumberGenerator.GetString(Alphabet, 4)));

    /// <summary>Keys for each hash, each with a salt of its own.</summary>
    public static IReadOnlyList<ScramKeys> Derive(string prepared, IEnumerable<ScramHash> hashes, int iterations) =>
        [.. hashes.Select(hash => ScramKeys.Derive(hash, prepared, RandomNumberGenerator.GetBytes(ScramKeys.SaltBytes), iterations))];
}
