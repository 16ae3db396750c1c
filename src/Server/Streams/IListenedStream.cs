using PresenceXml.Protocol.Streams;

namespace PresenceXml.Server.Streams;

/// <summary>A stream over a connection that was accepted.</summary>
internal interface IListenedStream : IAsyncDisposable
{
    /// <summary>Runs the stream to its end. Never throws.</summary>
    /// <param name="direct">True when the connection begins with TLS (XEP-0368).</param>
    Task RunAsync(bool direct);

    /// <summary>Ends the stream from outside, with a few seconds for what is in flight. From any thread.</summary>
    void Stop(StreamError error);
}
