using PresenceXml.Protocol;
using PresenceXml.Protocol.Forms;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules;

/// <summary>One step of an ad-hoc command on its way through a handler. Only the owner of an account gets here.</summary>
public sealed class CommandContext
{
    /// <summary>The request.</summary>
    public required IqContext Iq { get; init; }

    /// <summary>The account, loaded, whether the command was given to it or to its server.</summary>
    public required Presentity Presentity { get; init; }

    /// <summary>The session that asks.</summary>
    public required ClientSession Session { get; init; }

    /// <summary>What was put into the form of the step before; null at the first step.</summary>
    public FormData? Form { get; init; }

    /// <summary>The account's bare JID.</summary>
    public Jid Account => Presentity.Address;
}
