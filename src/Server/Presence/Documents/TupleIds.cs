using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Storage;

namespace PresenceXml.Server.Presence.Documents;

/// <summary>
/// Ids of tuples: the same for the same device as long as the store lives, and nothing can be learned from them but that it is the same.
/// </summary>
internal sealed class TupleIds(StorageEngine engine)
{
    /// <summary>The id of what is known by a name.</summary>
    /// <param name="presentity">Whose it is.</param>
    /// <param name="kind">A letter for each kind of thing.</param>
    /// <param name="name">A resource, a device's id, an address.</param>
    public string Of(Jid presentity, char kind, string name)
    {
        byte[] hash = HMACSHA256.HashData(engine.Secret.Span, Encoding.UTF8.GetBytes($"tuple\n{presentity}\n{kind}\n{name}"));
        return kind + Convert.ToHexStringLower(hash.AsSpan(0, 6));
    }
}
