namespace PresenceXml.Server.Modules;

/// <summary>Whom an iq is for: the domain itself, or an account (its bare JID, or no <c>to</c> at all).</summary>
public enum Addressee { Domain, Account }
