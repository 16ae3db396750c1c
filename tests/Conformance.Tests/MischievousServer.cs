using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Tests;

/// <summary>
/// Just enough of a server to perform a play on: PLAIN without TLS, binding, messages to full JIDs, one session with stream management,
/// whose id is "sm1" and which is asked for an acknowledgement before each stanza. What it delivers passes <paramref name="mischief"/>
/// first, except the fences.
/// </summary>
internal sealed class MischievousServer(Func<Element, IEnumerable<Element>> mischief) : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, NetworkStream> bound = new();
    private readonly List<Task> connections = [];
    private volatile string? managed;
    private uint handled;
    private Task accepting = Task.CompletedTask;

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Start()
    {
        listener.Start();
        accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await accepting;
        await Task.WhenAll(connections);
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var n = 1; ; n++)
                connections.Add(ServeAsync(await listener.AcceptTcpClientAsync(), n));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over and the listener was stopped.
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using var owned = client;
        var wire = client.GetStream();
        var decoder = new StreamDecoder(new(0, 0, 0));
        var (user, full) = (string.Empty, string.Empty);
        byte[] rest = [];
        var chunk = new byte[4096];
        try
        {
            for (int count; (count = await wire.ReadAsync(chunk)) > 0;)
            {
                rest = [.. rest, .. chunk.AsSpan(0, count)];
                var buffer = new ReadOnlySequence<byte>(rest);
                while (decoder.TryRead(ref buffer, out var next))
                {
                    if (next.Kind == StreamEventKind.Header)
                        await WriteAsync(wire, Greeting(user));
                    else if (next.Kind == StreamEventKind.Close)
                        await WriteAsync(wire, "</stream:stream>");
                    else if (next.Element!.ToElement() is var element && element.Is(Namespaces.Sasl, "auth"))
                    {
                        user = Encoding.UTF8.GetString(Convert.FromBase64String(element.Text)).Split('\0')[1];
                        decoder = new(new(0, 0, 0));
                        await WriteAsync(wire, $"<success xmlns='{Namespaces.Sasl}'/>");
                    }
                    else if (element.Child(Namespaces.Bind, "bind") is not null)
                    {
                        full = $"{user}@example.org/{number}";
                        bound[full] = wire;
                        await WriteAsync(wire, $"<iq type='result' id='{element["id"]}'><bind xmlns='{Namespaces.Bind}'><jid>{full}</jid></bind></iq>");
                    }
                    else if (element.Namespace == ManagedSession.Ns)
                    {
                        if (element.LocalName == "resume")
                            bound[full = managed!] = wire;
                        await ManageAsync(wire, element, full);
                    }
                    else
                    {
                        if (full == managed)
                            handled++;
                        await DeliverAsync(element.With("from", full));
                    }
                }

                rest = buffer.ToArray();
            }
        }
        catch (IOException)
        {
            // The client is gone, as the end of a play has it.
        }
    }

    private async Task ManageAsync(NetworkStream wire, Element element, string full)
    {
        switch (element.LocalName)
        {
            case "enable":
                (managed, handled) = (full, 0);
                await WriteAsync(wire, $"<enabled xmlns='{ManagedSession.Ns}' id='sm1' resume='true'/>");
                break;
            case "r":
                foreach (var each in mischief(new Element(ManagedSession.Ns, "a").With("h", $"{handled}")))
                    await WriteAsync(wire, each.ToString());
                break;
            case "resume":
                await WriteAsync(wire, $"<resumed xmlns='{ManagedSession.Ns}' previd='sm1' h='{handled}'/>");
                break;
            default:
                Acknowledged.Add(element["h"]!);
                break;
        }
    }

    /// <summary>The numbers that clients acknowledged.</summary>
    public ConcurrentBag<string> Acknowledged { get; } = [];

    private async Task DeliverAsync(Element stanza)
    {
        var isFence = stanza.Children.Any(static child => child.LocalName == "fence");
        foreach (var each in isFence ? [stanza] : mischief(stanza))
        {
            if (each["to"] is { } to && bound.TryGetValue(to, out var wire))
                await WriteAsync(wire, (to == managed ? $"<r xmlns='{ManagedSession.Ns}'/>" : "") + each);
        }
    }

    private static string Greeting(string user) =>
        $"<stream:stream xmlns='{Namespaces.Client}' xmlns:stream='{Namespaces.Streams}' from='example.org' id='{Guid.NewGuid():N}' version='1.0'><stream:features>"
        + (user.Length == 0
            ? $"<mechanisms xmlns='{Namespaces.Sasl}'><mechanism>PLAIN</mechanism></mechanisms>"
            : $"<bind xmlns='{Namespaces.Bind}'/>")
        + "</stream:features>";

    private static async Task WriteAsync(NetworkStream wire, string text) => await wire.WriteAsync(Encoding.UTF8.GetBytes(text));
}
