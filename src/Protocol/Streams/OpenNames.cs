namespace PresenceXml.Protocol.Streams;

/// <summary>The names of the open elements, for their end tags, and how many namespace declarations were in force before each.</summary>
internal struct OpenNames
{
    private const int KeptBytes = 64;
    private const int KeptFrames = 8;

    private byte[]? bytes;
    private Frame[]? frames;

    private record struct Frame(int NameStart, int NameEnd, int Declarations);

    public int Count { get; private set; }

    /// <summary>The innermost name.</summary>
    public readonly ReadOnlySpan<byte> Top => bytes.AsSpan(frames![Count - 1].NameStart, frames[Count - 1].NameEnd - frames[Count - 1].NameStart);

    public void Push(ReadOnlySpan<byte> name, int declarations)
    {
        frames ??= new Frame[KeptFrames];
        bytes ??= new byte[KeptBytes];
        int start = Count == 0 ? 0 : frames[Count - 1].NameEnd;
        if (Count == frames.Length) Array.Resize(ref frames, Count * 2);
        if (start + name.Length > bytes.Length) Array.Resize(ref bytes, Math.Max(start + name.Length, bytes.Length * 2));
        name.CopyTo(bytes.AsSpan(start));
        frames[Count++] = new Frame(start, start + name.Length, declarations);
    }

    /// <summary>Closes the innermost element; returns what was handed in with it.</summary>
    public int Pop() => frames![--Count].Declarations;

    /// <summary>Gives back what one large stanza made grow.</summary>
    public void Trim()
    {
        if (bytes?.Length > KeptBytes) bytes = null;
        if (frames?.Length > KeptFrames) frames = null;
    }
}
