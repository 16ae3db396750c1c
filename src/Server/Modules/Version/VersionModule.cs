using System.Runtime.InteropServices;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules.Version;

/// <summary>XEP-0092: Software Version, of the server.</summary>
public sealed class VersionModule : IModule
{
    public const string Ns = "jabber:iq:version";

    public void Register(ModuleBuilder module)
    {
        VersionOptions options = module.Options<VersionOptions>("version");
        var answer = new Element(Ns, "query",
            new Element(Ns, "name", Software.Name),
            new Element(Ns, "version", Software.Version),
            options.ShowOs ? new Element(Ns, "os", RuntimeInformation.OSDescription) : null);
        module
            .Feature(Addressee.Domain, Ns)
            .OnGet(Addressee.Domain, Ns, "query", (_, _) => new(answer));
    }
}
