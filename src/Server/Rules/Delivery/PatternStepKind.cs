namespace PresenceXml.Server.Rules.Delivery;

/// <summary>What a step of a compiled <see cref="Pattern"/> does.</summary>
internal enum PatternStepKind : byte
{
    /// <summary>Takes one character of a set.</summary>
    Take,

    /// <summary>Goes on elsewhere.</summary>
    Jump,

    /// <summary>Goes on elsewhere and behind.</summary>
    Either,

    /// <summary>Goes on at a place of some kind only, and takes nothing.</summary>
    Place,

    /// <summary>It was found.</summary>
    End,
}
