using System.Buffers;

namespace PresenceXml.Conformance.Mutation;

/// <summary>Puts down what leaves for a client: what the server sent, but for the mistake.</summary>
internal sealed class Forger
{
    private readonly ArrayBufferWriter<byte> output = new();
    private byte[]? heldBack;
    private bool isSilent;

    /// <summary>The connection stays open, whatever the server does.</summary>
    public bool StaysOpen { get; set; }

    /// <summary>The server is made to close here; nothing of it leaves any more.</summary>
    public bool HasHungUp { get; private set; }

    /// <summary>What has been put down and not been taken.</summary>
    public ReadOnlyMemory<byte> Written => output.WrittenMemory;

    /// <summary>What was put down has left.</summary>
    public void Clear() => output.ResetWrittenCount();

    /// <summary>Puts down bytes that are no event: white space, or what is no stream.</summary>
    public void Pass(ReadOnlySpan<byte> bytes) => output.Write(bytes);

    /// <summary>Puts down an event.</summary>
    /// <returns>Whether the mistake was made now.</returns>
    public bool Pass(WireEvent passing, Tampering? tampering, ReadOnlySpan<byte> bytes)
    {
        if (isSilent && !Mistakes.IsFence(passing.Element))
            return false;
        if (tampering is Tampering.PutBehindNext)
        {
            heldBack = bytes.ToArray();
            return false; // it is made when the next is there
        }

        var hasErred = Apply(passing, tampering, bytes) || heldBack is not null;
        if (heldBack is not null)
            output.Write(heldBack);
        heldBack = null;
        return hasErred;
    }

    private bool Apply(WireEvent passing, Tampering? tampering, ReadOnlySpan<byte> bytes)
    {
        switch (tampering)
        {
            case Tampering.Drop:
                return true;
            case Tampering.Twice:
                output.Write(bytes);
                output.Write(bytes);
                return true;
            case Tampering.Rewrite rewrite when passing.Element is { } element && rewrite.Change(element) is { } changed:
                changed.WriteTo(output);
                return true;
            case Tampering.RewriteHeader rewrite when passing.Header is { } header:
                rewrite.Change(header).WriteTo(output);
                return true;
            case Tampering.Silence:
                return isSilent = true;
            case Tampering.StayOpen:
                return isSilent = StaysOpen = true;
            case Tampering.Hangup:
                output.Write("</stream:stream>"u8);
                return HasHungUp = true;
            default:
                output.Write(bytes);
                return false;
        }
    }
}
