using System.Globalization;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;

namespace PresenceXml.Server.Modules.Time;

/// <summary>XEP-0202: Entity Time, of the server.</summary>
public sealed class TimeModule(TimeProvider clock) : IModule
{
    public const string Ns = "urn:xmpp:time";

    public void Register(ModuleBuilder module) => module
        .Feature(Addressee.Domain, Ns)
        .OnGet(Addressee.Domain, Ns, "time", (_, _) => new(Now()));

    private IqReply Now()
    {
        DateTimeOffset now = clock.GetLocalNow();
        return new Element(Ns, "time",
            new Element(Ns, "tzo", now.ToString("zzz", CultureInfo.InvariantCulture)),
            new Element(Ns, "utc", DateTimeProfile.ToSeconds(now)));
    }
}
