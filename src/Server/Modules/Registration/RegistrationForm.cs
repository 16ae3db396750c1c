using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules.Registration;

/// <summary>The payload of XEP-0077: the form as the server shows it, and what a client filled in.</summary>
internal static class RegistrationForm
{
    public const string Ns = "jabber:iq:register";
    private const string DefaultInstructions = "Choose a user name and a password.";

    /// <summary>What a new account needs (XEP-0077 §3.1).</summary>
    public static Element Empty(string? instructions) => new(Ns, "query",
        new Element(Ns, "instructions", instructions ?? DefaultInstructions),
        new Element(Ns, "username"),
        new Element(Ns, "password"));

    /// <summary>What an account has (XEP-0077 §3.1); the password is never told.</summary>
    public static Element Registered(Jid account) => new(Ns, "query",
        new Element(Ns, "registered"),
        new Element(Ns, "username", account.Local),
        new Element(Ns, "password"));

    /// <summary>The text of a field; null when it is absent.</summary>
    public static string? Field(Element query, string name) => query.Child(Ns, name)?.Text;

    /// <summary>An error without what came: there may be a password in it (XEP-0077 §3.3).</summary>
    public static Stanza Refuse(Iq request, StanzaError error) => (request with { Content = StanzaContent.Empty }).ToError(error)!;
}
