namespace PresenceXml.Server.Rules.Delivery;

/// <summary>What an account's rules remember of an address.</summary>
internal enum DeliveryNoteKind
{
    /// <summary>The account has written to it.</summary>
    Wrote,

    /// <summary>It has written to the account.</summary>
    Heard,

    /// <summary>A rule has answered it.</summary>
    Replied,
}
