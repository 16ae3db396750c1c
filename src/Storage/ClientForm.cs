using PresenceXml.Protocol.Sasl;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage;

/// <summary>The binary form of a client. Form 1: a form byte, flags, times, texts, then its tokens.</summary>
internal static class ClientForm
{
    private const byte Form = 1;
    private const byte PasswordFlag = 1, CurrentFlag = 2, NextFlag = 4;
    private const byte RevokedFlag = 1;

    public static byte[] Write(ClientRecord client)
    {
        var writer = new ByteWriter();
        writer.Byte(Form);
        writer.Byte((byte)((client.KnowsPassword ? PasswordFlag : 0) | (client.Current is null ? 0 : CurrentFlag) | (client.Next is null ? 0 : NextFlag)));
        writer.Fixed(client.FirstSeen.UtcTicks);
        writer.Fixed(client.LastSeen.UtcTicks);
        writer.Text(client.Software);
        writer.Text(client.Device);
        writer.Text(client.Mechanism);
        writer.Text(client.Resource);
        Write(writer, client.Current);
        Write(writer, client.Next);
        return writer.ToArray();
    }

    public static ClientRecord Read(string id, ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.Byte() != Form) throw ByteReader.Damaged();
        var flags = reader.Byte();
        return new(id, Time(ref reader))
        {
            KnowsPassword = (flags & PasswordFlag) != 0,
            LastSeen = Time(ref reader),
            Software = reader.Text(),
            Device = reader.Text(),
            Mechanism = reader.Text(),
            Resource = reader.Text(),
            Current = (flags & CurrentFlag) != 0 ? Token(ref reader) : null,
            Next = (flags & NextFlag) != 0 ? Token(ref reader) : null,
        };
    }

    private static void Write(ByteWriter writer, ClientToken? token)
    {
        if (token is null) return;
        writer.Byte(Number(token.Mechanism));
        writer.Byte(token.IsRevoked ? RevokedFlag : (byte)0);
        writer.Fixed(token.Issued.UtcTicks);
        writer.Fixed(token.Expires.UtcTicks);
        writer.Unsigned(token.Count);
        writer.Bytes(token.Binding.Span);
        writer.Bytes(token.Verifier.Check.Span);
        writer.Bytes(token.Verifier.MaskedAnswer.Span);
    }

    private static ClientToken Token(ref ByteReader reader)
    {
        var mechanism = Mechanism(reader.Byte());
        var flags = reader.Byte();
        DateTimeOffset issued = Time(ref reader), expires = Time(ref reader);
        var count = (uint)reader.Unsigned();
        var binding = reader.Bytes().ToArray();
        return new(mechanism, binding, new HtVerifier(reader.Bytes().ToArray(), reader.Bytes().ToArray()), issued, expires)
        {
            Count = count,
            IsRevoked = (flags & RevokedFlag) != 0,
        };
    }

    private static DateTimeOffset Time(ref ByteReader reader) => new(reader.Fixed(), TimeSpan.Zero);

    // Numbers of the form, whatever the enumeration's become.
    private static byte Number(HtMechanism mechanism) => mechanism switch
    {
        HtMechanism.None => 1,
        HtMechanism.ServerEndPoint => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(mechanism)),
    };

    private static HtMechanism Mechanism(byte number) => number switch
    {
        1 => HtMechanism.None,
        2 => HtMechanism.ServerEndPoint,
        _ => throw ByteReader.Damaged(),
    };
}
