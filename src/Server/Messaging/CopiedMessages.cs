using PresenceXml.Protocol;

namespace PresenceXml.Server.Messaging;

/// <summary>
/// Which messages of an account were eligible for carbons lately, so that an error in answer to one of them is copied too (XEP-0280 1.0.1
/// §6.1). By id and other side, since an error need not repeat what it answers (§9.3). Guarded by the account's line.
/// </summary>
internal sealed class CopiedMessages
{
    /// <summary>An error comes within moments; who sends more than this meanwhile to all his contacts sees errors where he sent from only.</summary>
    private const int Kept = 256;
    private const int First = 16;

    // A hash each: that one in millions answers for another shows an error on one's own other device, no more.
    private int[] hashes = [];
    private int count;

    public void Add(Jid peer, string? id)
    {
        if (id is null)
            return;
        if (count == hashes.Length && hashes.Length < Kept)
            Array.Resize(ref hashes, Math.Max(First, 2 * hashes.Length));
        hashes[count++ % Kept] = Hash(peer, id);
        if (count == 2 * Kept)
            count = Kept;
    }

    public bool Contains(Jid peer, string? id) =>
        id is not null && hashes.AsSpan(0, Math.Min(count, hashes.Length)).Contains(Hash(peer, id));

    private static int Hash(Jid peer, string id) => HashCode.Combine(peer.Bare, id);
}
