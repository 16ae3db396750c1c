using System.Security.Cryptography;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>
/// An account gets the keys of another hash, from a client that knows the password (XEP-0480 0.2.0 §3): the server gives the salt, the
/// client what it derives.
/// </summary>
/// <param name="Hash">The hash.</param>
/// <param name="Iterations">The iteration count.</param>
internal sealed record UpgradeTask(ScramHash Hash, int Iterations)
{
    private const string Prefix = "UPGR-";

    public byte[] Salt { get; } = RandomNumberGenerator.GetBytes(ScramKeys.SaltBytes);

    public string Name => NameOf(Hash);

    /// <summary>True once the client has chosen it, and been given the salt.</summary>
    public bool IsBegun { get; set; }

    public static string NameOf(ScramHash hash) => Prefix + hash.ToMechanism();

    public static bool TryParse(string name, out ScramHash hash)
    {
        hash = default;
        return name.StartsWith(Prefix, StringComparison.Ordinal) && ScramHashes.TryParseMechanism(name[Prefix.Length..], out hash, out bool plus) && !plus;
    }
}
