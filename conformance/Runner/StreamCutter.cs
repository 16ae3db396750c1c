using System.Buffers;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Runner;

/// <summary>Cuts what one side of a stream sends into headers, elements and closing tags. Another task may start it anew.</summary>
internal sealed class StreamCutter
{
    private static readonly XmlLimits NoLimits = new(0, 0, 0);
    private volatile StreamDecoder? decoder = new(NoLimits);

    /// <summary>False from what is no stream on: that is not for us to judge, and a play may be about it.</summary>
    public bool IsStream => decoder is not null;

    /// <summary>What follows is a new stream.</summary>
    public void Restart() => decoder = new(NoLimits);

    /// <summary>Takes the next piece off the bytes. False: it is not complete, or no stream.</summary>
    /// <param name="taken">The bytes of the piece, or white space that belongs to none.</param>
    public bool TryCut(ref byte[] bytes, out StreamEvent next, out ReadOnlyMemory<byte> taken)
    {
        (next, taken) = (default, default);
        if (decoder is not { } current)
            return false;
        var buffer = new ReadOnlySequence<byte>(bytes);
        bool isFound;
        try
        {
            isFound = current.TryRead(ref buffer, out next);
        }
        catch (StreamException)
        {
            decoder = null;
            return false;
        }

        taken = bytes.AsMemory(0, bytes.Length - (int)buffer.Length);
        bytes = buffer.ToArray();
        return isFound;
    }
}
