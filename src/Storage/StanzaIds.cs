using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using PresenceXml.Protocol;

namespace PresenceXml.Storage;

/// <summary>
/// Stanza-ids (XEP-0359): one AES-128 block over the sequence and a digest of the account, under the store's secret. So an id says
/// nothing and cannot be guessed, belongs to one account, and leads back to its sequence without an index.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the store it belongs to; its threads' ciphers go with it.")]
internal sealed class StanzaIds(ReadOnlyMemory<byte> secret)
{
    private const int BlockBytes = 16, CheckBytes = 8;

    /// <summary>Characters of an id: 16 bytes in base64url without padding.</summary>
    public const int Length = 22;

    private readonly ThreadLocal<Cipher> ciphers = new(() => new Cipher(secret.Span));

    public string Write(Jid account, long sequence) => Base64Url.EncodeToString(Encrypted(account, sequence));

    /// <summary>Writes the <see cref="Length"/> bytes of an id.</summary>
    public void Write(Jid account, long sequence, Span<byte> id) => _ = Base64Url.EncodeToUtf8(Encrypted(account, sequence), id);

    public bool TryRead(Jid account, string id, out long sequence)
    {
        sequence = 0;
        if (id.Length != Length) return false;
        var cipher = ciphers.Value!;
        Span<byte> bytes = stackalloc byte[Length];
        if (!Ascii.IsValid(id) || !Base64Url.IsValid(id) || Encoding.ASCII.GetBytes(id, bytes) != Length
            || Base64Url.DecodeFromUtf8(bytes, cipher.Block) != BlockBytes) return false;
        cipher.Decrypt();
        if (!CryptographicOperations.FixedTimeEquals(cipher.CheckOf(account), cipher.Block.AsSpan(CheckBytes))) return false;
        sequence = BinaryPrimitives.ReadInt64BigEndian(cipher.Block);
        return sequence > 0;
    }

    private ReadOnlySpan<byte> Encrypted(Jid account, long sequence)
    {
        var cipher = ciphers.Value!;
        BinaryPrimitives.WriteInt64BigEndian(cipher.Block, sequence);
        cipher.CheckOf(account).CopyTo(cipher.Block.AsSpan(CheckBytes));
        cipher.Encrypt();
        return cipher.Block;
    }

    /// <summary>A thread's own: setting up a key costs more than using it.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "As above.")]
    private sealed class Cipher
    {
        private readonly Aes aes;
        private readonly ICryptoTransform encryptor;
        private readonly ICryptoTransform decryptor;
        private readonly byte[] output = new byte[BlockBytes];
        private readonly byte[] digest = new byte[SHA256.HashSizeInBytes];
        private Jid? digested;

        public Cipher(ReadOnlySpan<byte> key)
        {
            aes = Aes.Create();
            aes.Key = key.ToArray();
            // One block with a counter in it is never met twice: no chaining is needed.
            aes.Mode = CipherMode.ECB;
            aes.Padding = PaddingMode.None;
            encryptor = aes.CreateEncryptor();
            decryptor = aes.CreateDecryptor();
        }

        public byte[] Block { get; } = new byte[BlockBytes];

        /// <summary>The first bytes of the account's digest. A batch is of one account, so the last one is kept.</summary>
        public ReadOnlySpan<byte> CheckOf(Jid account)
        {
            if (!ReferenceEquals(account, digested))
            {
                digested = null;
                _ = SHA256.HashData(account.Utf8, digest);
                digested = account;
            }
            return digest.AsSpan(0, CheckBytes);
        }

        public void Encrypt() => Transform(encryptor);

        public void Decrypt() => Transform(decryptor);

        private void Transform(ICryptoTransform transform)
        {
            _ = transform.TransformBlock(Block, 0, BlockBytes, output, 0);
            output.CopyTo(Block, 0);
        }
    }
}
