using PresenceXml.Server.Modules;

namespace PresenceXml.Server.Tests.Routing;

/// <summary>Answers a get with its payload and fails at a set.</summary>
public sealed class EchoModule : IModule
{
    public const string Ns = "urn:x-test:echo";

    public void Register(ModuleBuilder module) => module
        .Feature(Addressee.Domain, Ns)
        .OnGet(Addressee.Domain, Ns, "echo", static (iq, _) => new(IqReply.Result(iq.Payload)))
        .OnGet(Addressee.Account, Ns, "echo", static (iq, _) => new(IqReply.Result(iq.Payload)))
        .OnSet(Addressee.Account, Ns, "echo", static (_, _) => throw new InvalidOperationException("the module's bug"));
}
