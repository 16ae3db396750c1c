namespace PresenceXml.Server.Sessions;

/// <summary>
/// As what an outbox holds something. Whatever the form, a sequence beside it is delivered once it was written (D4: one resource of
/// the account has the message then).
/// </summary>
public enum OutboxForm : byte
{
    /// <summary>A stanza for this session. A message of the log is carried: should the session end before it is delivered, it goes back.</summary>
    Own,

    /// <summary>
    /// A message for another resource of the account, or one that it sent, wrapped when it is written (XEP-0280 1.0 §6, §7). Goes nowhere when the
    /// session ends.
    /// </summary>
    Carbon,

    /// <summary>A ready stanza that shows an entry of the log, such as a result of an archive. Goes nowhere when the session ends.</summary>
    Copy,
}
