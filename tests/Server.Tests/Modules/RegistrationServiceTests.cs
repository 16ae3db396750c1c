using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Modules.Registration;
using PresenceXml.Server.Streams;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules;

/// <summary>XEP-0077 before authentication.</summary>
public sealed class RegistrationServiceTests : ServerFixture
{
    private const string Ns = "jabber:iq:register";
    private readonly RegistrationOptions options = new() { Enabled = true, PerHour = 3 };
    private static readonly AddressPrefix Home = AddressPrefix.Of(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1));
    private bool isTlsRequired = true;

    protected override void Configure(TestServer.Settings settings)
    {
        settings.ModuleOptions.Set("registration", options);
        settings.Options.Tls.Required = isTlsRequired;
    }

    [SetUp]
    public void Reset() => options.Enabled = true;

    [Test]
    public async Task The_form_asks_for_name_and_password()
    {
        Stanza answer = (await NewService().AnswerAsync(Get(), "localhost", Home, true, default))!;
        Assert.That(answer.Id, Is.EqualTo("r"));
        Element query = answer.Content.Child(0);
        Assert.That(query.Children.Select(child => child.LocalName), Is.EqualTo(new[] { "instructions", "username", "password" }));
    }

    [Test]
    public async Task An_account_is_made_whose_name_is_prepared_and_whose_password_logs_in()
    {
        Assert.That(await ConditionAsync(NewService(), Set("Juliet", "romeo, romeo")), Is.Null);
        Account account = (await Server.Get<AccountStore>().FindAsync(Jid.Parse("juliet@localhost")))!;
        Assert.That(account.Keys, Has.Count.EqualTo(3));
        Assert.That(account.Keys.Select(keys => keys.Verify("romeo, romeo")), Is.All.True);
        Assert.That(account.Created, Is.EqualTo(Server.Clock.GetUtcNow()));
    }

    [Test]
    public async Task A_name_that_is_taken_is_a_conflict_and_stays_as_it_was()
    {
        await Server.AddAccountsAsync("juliet@localhost");
        Assert.That(await ConditionAsync(NewService(), Set("JULIET", "romeo, romeo")), Is.EqualTo("conflict"));
        Assert.That((await Server.Get<AccountStore>().FindAsync(Jid.Parse("juliet@localhost")))!.Keys, Is.Empty);
    }

    [TestCase("", "long enough")]
    [TestCase("juliet", "")]
    [TestCase("two words", "long enough")]
    [TestCase("a@b", "long enough")]
    [TestCase("juliet", "short")]
    [TestCase("juliet", "juliet")]
    public async Task What_cannot_be_is_not_acceptable_and_does_not_count(string name, string password)
    {
        RegistrationService service = NewService();
        for (int i = 0; i < 5; i++)
            Assert.That(await ConditionAsync(service, Set(name, password)), Is.EqualTo("not-acceptable"));
        Assert.That(await ConditionAsync(service, Set("mercutio", "long enough")), Is.Null);
    }

    [Test]
    public async Task Too_many_attempts_of_one_address_have_to_wait_an_hour_and_others_do_not()
    {
        await Server.AddAccountsAsync("taken@localhost");
        RegistrationService service = NewService();
        Assert.That(await ConditionAsync(service, Set("one", "long enough")), Is.Null);
        Assert.That(await ConditionAsync(service, Set("taken", "long enough")), Is.EqualTo("conflict"));
        Assert.That(await ConditionAsync(service, Set("two", "long enough")), Is.Null);
        Assert.That(await ConditionAsync(service, Set("three", "long enough")), Is.EqualTo("resource-constraint"));
        Assert.That(await ConditionAsync(service, Set("taken", "long enough")), Is.EqualTo("resource-constraint"));
        AddressPrefix other = AddressPrefix.Of(new IPEndPoint(IPAddress.Parse("192.0.2.2"), 1));
        Assert.That((await service.AnswerAsync(Set("four", "long enough"), "localhost", other, true, default))!.IsError, Is.False);
        Server.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That(await ConditionAsync(service, Set("three", "long enough")), Is.Null);
    }

    [Test]
    public async Task It_is_off_without_the_option_without_TLS_and_for_other_domains()
    {
        RegistrationService service = NewService();
        Assert.That(service.IsOpen(isSecure: true), Is.True);
        Assert.That(service.IsOpen(isSecure: false), Is.False);
        Assert.That((await service.AnswerAsync(Set("juliet", "long enough"), "localhost", Home, false, default))!.IsError, Is.True);
        Assert.That(await ConditionAsync(service, Set("juliet", "long enough") with { To = Jid.Parse("other.example") }), Is.EqualTo("service-unavailable"));
        options.Enabled = false;
        Assert.That(service.IsOpen(isSecure: true), Is.False);
        Assert.That(await ConditionAsync(service, Set("juliet", "long enough")), Is.EqualTo("service-unavailable"));
        Assert.That(await Server.Get<AccountStore>().FindAsync(Jid.Parse("juliet@localhost")), Is.Null);
    }

    [Test]
    public async Task Without_required_TLS_plain_streams_may_too()
    {
        isTlsRequired = false;
        await using TestServer server = await TestServer.StartAsync(Configure);
        isTlsRequired = true;
        var service = new RegistrationService(server.Get<ModuleOptionsSource>(), server.Get<ServerOptions>(), server.Get<AccountStore>(), server.Clock, NullLogger<RegistrationService>.Instance);
        Assert.That(service.IsOpen(isSecure: false), Is.True);
    }

    [Test]
    public async Task Who_is_not_registered_cannot_cancel()
    {
        Iq remove = Get() with { Type = IqType.Set, Content = StanzaContent.Of(new Element(Ns, "query", new Element(Ns, "remove"))) };
        Assert.That(await ConditionAsync(NewService(), remove), Is.EqualTo("unexpected-request"));
    }

    [Test]
    public async Task An_error_does_not_send_the_password_back()
    {
        Stanza answer = (await NewService().AnswerAsync(Set("two words", "long enough"), "localhost", Home, true, default))!;
        Assert.That(System.Text.Encoding.UTF8.GetString(StanzaWriter.ToCanonical(answer)), Does.Not.Contain("long enough").And.Contain("not-acceptable"));
    }

    private RegistrationService NewService() => new(
        Server.Get<ModuleOptionsSource>(), Server.Get<ServerOptions>(), Server.Get<AccountStore>(), Server.Clock, NullLogger<RegistrationService>.Instance);

    private static async Task<string?> ConditionAsync(RegistrationService service, Iq request)
    {
        Stanza answer = (await service.AnswerAsync(request, "localhost", Home, true, default))!;
        Assert.That(answer.Id, Is.EqualTo(request.Id));
        return answer.IsError ? answer.Content.Find(null, "error")!.Children.First(child => child.LocalName != "text").LocalName : null;
    }

    private static Iq Get() => new() { Type = IqType.Get, Id = "r", Content = StanzaContent.Of(new Element(Ns, "query")) };

    private static Iq Set(string name, string password) => Get() with
    {
        Type = IqType.Set,
        Content = StanzaContent.Of(new Element(Ns, "query", new Element(Ns, "username", name), new Element(Ns, "password", password))),
    };
}
