using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PresenceXml.Cable.Run;

/// <summary>Random numbers for each part of the run, all from one seed and independent of the order in which they are asked for.</summary>
internal static class Seeds
{
    public static Random For(int seed, string what) =>
        new(BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{what}"))));
}
