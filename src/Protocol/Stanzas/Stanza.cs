namespace PresenceXml.Protocol.Stanzas;

/// <summary>
/// One stanza (RFC 6120 §8): the head is read, the content stays the bytes it came in. Immutable; change a head with <c>with</c>,
/// the content is shared between copies.
/// </summary>
public abstract record Stanza
{
    /// <summary>Original content up to this many bytes goes back with an error (RFC 6120 §8.3.1 leaves it to the server); more is left out.</summary>
    private const int ErrorContentBytes = 8 * 1024;

    public Jid? From { get; init; }
    public Jid? To { get; init; }
    public string? Id { get; init; }

    /// <summary>xml:lang of the stanza itself.</summary>
    public string? Lang { get; init; }
    public StanzaContent Content { get; init; } = StanzaContent.Empty;

    /// <summary>"message", "presence" or "iq".</summary>
    public abstract string LocalName { get; }

    /// <summary>The type attribute to write, null for none.</summary>
    public abstract string? TypeText { get; }

    /// <summary>True for type error.</summary>
    public abstract bool IsError { get; }

    /// <summary>The same stanza back to its sender with an error added; null when it must not be answered: an error or an iq result (RFC 6120 §8.3.1).</summary>
    public Stanza? ToError(StanzaError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (IsError) return null;
        return this switch
        {
            Message => new Message { Type = MessageType.Error, From = To, To = From, Id = Id, Lang = Lang, Content = ErrorContent(error) },
            Iq { IsRequest: true } => new Iq { Type = IqType.Error, From = To, To = From, Id = Id, Lang = Lang, Content = ErrorContent(error) },
            Iq => null,
            _ => new Presence { Type = PresenceType.Error, From = To, To = From, Id = Id, Lang = Lang, Content = ErrorContent(error) },
        };
    }

    private StanzaContent ErrorContent(StanzaError error) =>
        // RFC 6120 §8.3.1: exactly one error child, so one that stood in the original does not stay.
        (Content.Length > ErrorContentBytes ? StanzaContent.Empty : Content.Without(static (child, _) => child.Name == new Xml.QName(Namespaces.Client, "error")))
        .With(error.ToElement());
}
