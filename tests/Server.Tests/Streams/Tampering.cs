namespace PresenceXml.Server.Tests.Streams;

/// <summary>Somebody on the way between a client and the server: notes what the client sends, and changes a byte of it when told to.</summary>
internal sealed class Tampering(Stream inner) : Stream
{
    private readonly List<byte[]> noted = [];

    /// <summary>Everything that was sent, as it was sent, one write after the other.</summary>
    public IReadOnlyList<byte[]> Noted => noted;

    /// <summary>Where to change a byte of the next write; null: nowhere.</summary>
    public Func<byte[], int>? Change { get; set; }

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        byte[] bytes = buffer.ToArray();
        noted.Add(buffer.ToArray());
        if (Change is { } change)
        {
            Change = null;
            bytes[change(bytes)] ^= 1;
        }
        await inner.WriteAsync(bytes, cancellationToken);
        await inner.FlushAsync(cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.ReadAsync(buffer, offset, count, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
