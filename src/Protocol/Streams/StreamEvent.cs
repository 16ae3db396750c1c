namespace PresenceXml.Protocol.Streams;

public enum StreamEventKind
{
    None,
    /// <summary>The opening tag of the stream.</summary>
    Header,
    /// <summary>One complete first-level element.</summary>
    Element,
    /// <summary>The closing tag of the stream.</summary>
    Close,
}

/// <summary>What a <see cref="StreamDecoder"/> read.</summary>
public readonly record struct StreamEvent(StreamEventKind Kind, StreamHeader? Header, RawElement? Element);
