using System.Net;
using System.Net.Sockets;

namespace PresenceXml.Server.Streams;

/// <summary>
/// Whom limits count together: an IPv4 address, or the /64 of an IPv6 address, because one subscriber has a whole /64 to choose
/// from (RFC 6177). <c>default</c> stands for a connection without an IP address and is counted as one.
/// </summary>
internal readonly record struct AddressPrefix(ulong Bits, bool IsIPv6)
{
    /// <summary>The prefix of a connection's remote end.</summary>
    public static AddressPrefix Of(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: IPAddress address }) return default;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new AddressPrefix(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes), true)
            : new AddressPrefix(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[..length]), false);
    }

    /// <summary>The form in which it is logged and remembered: <c>192.0.2.1</c>, <c>2001:db8:0:1::/64</c>.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (IsIPv6)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, Bits);
            return new IPAddress(bytes) + "/64";
        }
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Bits);
        return new IPAddress(bytes[..4]).ToString();
    }
}
