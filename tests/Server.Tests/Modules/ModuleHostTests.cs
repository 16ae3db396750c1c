using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Tests.Routing;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>What modules record, and what the host makes of it.</summary>
public sealed class ModuleHostTests
{
    private static readonly List<string> Asked = [];

    private static Task<TestServer> StartAsync(params Type[] modules) => TestServer.StartAsync(settings => settings.Modules = [.. settings.Modules, .. modules]);

    private sealed class SecondEcho : IModule
    {
        public void Register(ModuleBuilder module) => module.OnGet(Addressee.Domain, EchoModule.Ns, "echo", static (_, _) => new(IqReply.Done));
    }

    private sealed class Late : IModule, IAsyncDisposable
    {
        public static bool IsDisposed { get; set; }

        public void Register(ModuleBuilder module) => module
            .Feature(Addressee.Account, "urn:b").Feature(Addressee.Account, "urn:a")
            .Identity(Addressee.Account, "account", "registered")
            .OnSend<Message>(static (in RuleContext<Message> rule) => Note("late", rule.Stanza), RulePriority.Last)
            .OnSend<Stanza>(static (in RuleContext<Stanza> rule) => Note("any", rule.Stanza))
            .OnSend<Message>(static (in RuleContext<Message> rule) => Note("first", rule.Stanza), RulePriority.First);

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return default;
        }

        private static Verdict Note(string name, Stanza stanza)
        {
            Asked.Add($"{name} {stanza.LocalName}");
            return Verdict.Pass;
        }
    }

    private sealed class Strict : IModule
    {
        private static readonly StanzaContent Censored = StanzaContent.Of(new Element("jabber:client", "body", "[censored]"));

        public void Register(ModuleBuilder module) => module
            .OnSend<Message>(static (in RuleContext<Message> rule) => rule.Stanza.Id switch
            {
                "drop" => Verdict.Drop,
                "default" => default,
                "reject" => Verdict.Reject(StanzaError.PolicyViolation),
                "throw" => throw new InvalidOperationException("the rule's bug"),
                "replace" => Verdict.Replace(rule.Stanza with { Content = Censored }),
                _ => Verdict.Pass,
            })
            .OnReceive<Message>(static (in RuleContext<Message> rule) => rule.Stanza.Id switch
            {
                "refused" => Verdict.Reject(StanzaError.ServiceUnavailable),
                "unacceptable" => Verdict.Reject(StanzaError.NotAcceptable),
                _ => Verdict.Pass,
            })
            .OnReceive<Protocol.Stanzas.Presence>(static (in RuleContext<Protocol.Stanzas.Presence> rule) =>
                rule.Stanza.Id == "throw" ? throw new InvalidOperationException("the rule's bug") : Verdict.Pass);
    }

    [Test]
    public void Two_modules_with_the_same_handler_stop_the_start_and_are_named()
    {
        InvalidOperationException error = Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(typeof(EchoModule), typeof(SecondEcho)))!;
        Assert.That(error.Message, Does.Contain("EchoModule").And.Contain("SecondEcho").And.Contain(EchoModule.Ns));
    }

    private sealed class Binding : IModule
    {
        public void Register(ModuleBuilder module) => module.BindFeature("urn:b", static (_, _) => null).BindFeature("urn:a", static (_, asked) => asked);
    }

    private sealed class SecondBinding : IModule
    {
        public void Register(ModuleBuilder module) => module.BindFeature("urn:b", static (_, _) => null);
    }

    [Test]
    public async Task What_a_client_may_ask_for_while_it_binds_is_listed_in_order_and_belongs_to_one_module()
    {
        await using TestServer server = await StartAsync(typeof(Binding));
        ServiceCatalog catalog = server.Get<ServiceCatalog>();
        Assert.That(catalog.BindFeatures.Where(static ns => ns.Length < 6), Is.EqualTo(new[] { "urn:a", "urn:b" }));
        Assert.That(catalog.FindBindFeature("urn:a"), Is.Not.Null);
        Assert.That(catalog.FindBindFeature("urn:c"), Is.Null);
        InvalidOperationException error = Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(typeof(Binding), typeof(SecondBinding)))!;
        Assert.That(error.Message, Does.Contain("Binding").And.Contain("SecondBinding").And.Contain("urn:b"));
    }

    [Test]
    public async Task Rules_are_asked_by_priority_and_only_for_their_type_and_the_host_ends_modules()
    {
        Asked.Clear();
        Late.IsDisposed = false;
        await using (TestServer server = await StartAsync(typeof(Late)))
        {
            Assert.That(server.Get<ServiceCatalog>().Features(Addressee.Account), Is.SupersetOf(new[] { "urn:a", "urn:b" }).And.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
            Assert.That(server.Get<ServiceCatalog>().Identities(Addressee.Account), Does.Contain(new ServiceIdentity("account", "registered", null)));
            await server.AddAccountsAsync(Play.Romeo, Play.Juliet);
            TestClient romeo = await server.ConnectAsync("romeo@localhost/orchard");
            await romeo.SendAsync("<message to='juliet@localhost'><body>b</body></message><presence to='juliet@localhost'/>");
        }
        Assert.That(Asked, Is.EqualTo(new[] { "first message", "any message", "late message", "any presence" }));
        Assert.That(Late.IsDisposed, Is.True);
    }

    [TestCase("drop", null)]
    [TestCase("default", null)]
    [TestCase("reject", "policy-violation")]
    [TestCase("throw", "internal-server-error")]
    [TestCase("refused", null)] // D6: as if it were off
    [TestCase("unacceptable", "not-acceptable")]
    public async Task A_rule_that_refuses_does(string id, string? error)
    {
        await using TestServer server = await StartAsync(typeof(Strict));
        await server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        TestClient romeo = await server.LoginAsync("romeo@localhost/orchard");
        TestClient juliet = await server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync($"<message id='{id}' to='juliet@localhost'><body>b</body></message>");
        if (error is not null)
            await romeo.ExpectAsync($"<message id='{id}' type='error'><error><{error} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
        await romeo.ExpectNothingAsync();
        await juliet.ExpectNothingAsync();
        if (id == "throw")
            server.Log.Announce(1);
        Assert.That(server.Log.Errors, Is.Empty);
    }

    [Test]
    public async Task A_rule_may_replace_and_one_that_throws_on_presence_refuses_in_silence()
    {
        await using TestServer server = await StartAsync(typeof(Strict));
        await server.AddAccountsAsync(Play.Romeo, Play.Juliet);
        TestClient romeo = await server.LoginAsync("romeo@localhost/orchard");
        TestClient juliet = await server.LoginAsync("juliet@localhost/balcony");
        await romeo.SendAsync("<message id='replace' to='juliet@localhost'><body>secret</body></message><presence id='throw' to='juliet@localhost'/>");
        await juliet.ExpectAsync("<message id='replace'><body>[censored]</body></message>");
        await juliet.ExpectNothingAsync();
        await romeo.ExpectNothingAsync();
        server.Log.Announce(1);
    }
}
