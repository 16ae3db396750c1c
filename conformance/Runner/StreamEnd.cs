using PresenceXml.Protocol;

namespace PresenceXml.Conformance.Runner;

/// <summary>How a stream is expected to end (RFC 6120 §4.4, §4.9).</summary>
internal static class StreamEnd
{
    /// <summary>A stream error with one of these conditions, then the closing tag, then the end of the connection (RFC 6120 §4.9.1.1).</summary>
    public static async Task ExpectErrorAsync(Actor actor, string[] conditions, CancellationToken cancel)
    {
        var expected = $"a stream error {string.Join(" or ", conditions)}";
        var error = await actor.ReceiveStanzaAsync(expected);
        var defined = error.Children.Where(static child => child.Namespace == Namespaces.StreamErrors && child.LocalName != "text").ToArray();
        if (!error.Is(Namespaces.Streams, "error") || defined.Length != 1 || !conditions.Contains(defined[0].LocalName))
            throw actor.Unexpected(expected);
        if (error.Children.Count(static child => child.Is(Namespaces.StreamErrors, "text")) > 1)
            throw actor.Unexpected(expected + " with at most one text");
        await ExpectStreamCloseAsync(actor, cancel);
        await ExpectConnectionCloseAsync(actor);
    }

    /// <summary>The closing tag, which is answered.</summary>
    public static async Task ExpectStreamCloseAsync(Actor actor, CancellationToken cancel)
    {
        if (await actor.ReceiveAsync("</stream:stream>") is not Received.StreamClose)
            throw actor.Unexpected("</stream:stream>");
        await actor.CloseStreamAsync(cancel);
    }

    /// <summary>The end of the connection, with or without a closing tag before it.</summary>
    public static async Task ExpectConnectionCloseAsync(Actor actor)
    {
        var next = await actor.ReceiveAsync("the end of the connection");
        if (next is Received.StreamClose)
            next = await actor.ReceiveAsync("the end of the connection");
        if (next is not Received.ConnectionClose)
            throw actor.Unexpected("the end of the connection");
    }
}
