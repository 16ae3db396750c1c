using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage;

/// <summary>The binary form of an account. Form 1: a form byte, when it was made, flags, then its keys by hash.</summary>
internal static class AccountForm
{
    private const byte Form = 1;
    private const byte DisabledFlag = 1;

    public static byte[] Write(Account account)
    {
        var writer = new ByteWriter();
        writer.Byte(Form);
        writer.Fixed(account.Created.UtcTicks);
        writer.Byte(account.Disabled ? DisabledFlag : (byte)0);
        writer.Number(account.Keys.Count);
        foreach (var keys in account.Keys)
        {
            writer.Byte(Number(keys.Hash));
            writer.Number(keys.Iterations);
            writer.Bytes(keys.Salt.Span);
            writer.Bytes(keys.StoredKey.Span);
            writer.Bytes(keys.ServerKey.Span);
        }
        return writer.ToArray();
    }

    public static Account Read(Jid jid, ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.Byte() != Form) throw ByteReader.Damaged();
        var created = new DateTimeOffset(reader.Fixed(), TimeSpan.Zero);
        var flags = reader.Byte();
        var keys = new List<ScramKeys>();
        for (var left = reader.Number(); left > 0; left--)
            keys.Add(new(Hash(reader.Byte()), reader.Number(), reader.Bytes().ToArray(), reader.Bytes().ToArray(), reader.Bytes().ToArray()));
        return new(jid, created) { Keys = keys, Disabled = (flags & DisabledFlag) != 0 };
    }

    // Numbers of the form, whatever the enumeration's become.
    private static byte Number(ScramHash hash) => hash switch
    {
        ScramHash.Sha1 => 1,
        ScramHash.Sha256 => 2,
        ScramHash.Sha512 => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(hash)),
    };

    private static ScramHash Hash(byte number) => number switch
    {
        1 => ScramHash.Sha1,
        2 => ScramHash.Sha256,
        3 => ScramHash.Sha512,
        _ => throw ByteReader.Damaged(),
    };
}
