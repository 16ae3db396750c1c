using System.IO.Pipelines;

namespace PresenceXml.Server.Streams.Servers;

/// <summary>A connection that we opened to another server.</summary>
/// <param name="Transport">The bytes.</param>
/// <param name="IsDirectTls">TLS from the first byte (XEP-0368).</param>
/// <param name="Name">Where to, for people.</param>
/// <param name="Abort">Cuts it; may be called from any thread and more than once.</param>
/// <param name="Close">Frees what it holds; called once, at the end.</param>
internal sealed record ServerConnection(IDuplexPipe Transport, bool IsDirectTls, string Name, Action Abort, Func<ValueTask> Close);
