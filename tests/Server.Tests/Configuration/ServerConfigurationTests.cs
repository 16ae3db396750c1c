using System.Collections;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Tests.Configuration;

public sealed class ServerConfigurationTests
{
    private static readonly Dictionary<string, Type> Modules = new() { ["sample"] = typeof(SampleOptions) };
    private TestFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TestFolder();

    [TearDown]
    public void DeleteFolder() => folder.Dispose();

    private ServerConfiguration Load(string? json, params string[] variables)
    {
        if (json is not null) folder.Write("server.config.json", json);
        var environment = new Hashtable();
        foreach (string variable in variables) environment[variable.Split('=')[0]] = variable[(variable.IndexOf('=') + 1)..];
        return ServerConfiguration.Load(null, folder.Path, environment, Modules);
    }

    private string[] Problems(string json, params string[] variables) =>
        [.. Assert.Throws<ConfigurationException>(() => Load(json, variables))!.Problems];

    [Test]
    public void Without_a_file_everything_is_at_its_default_and_paths_count_from_the_working_directory()
    {
        ServerConfiguration configuration = Load(null);
        Assert.That(configuration.File, Is.Null);
        Assert.That(configuration.Options.Domains, Is.EqualTo(new[] { "localhost" }));
        Assert.That(configuration.Options.DataDirectory, Is.EqualTo(folder.File("data")));
        Assert.That(configuration.Options.Listen.Client, Is.EqualTo(new[] { "[::]:5222" }));
        Assert.That(configuration.Options.Limits.StanzaBytes, Is.EqualTo(262144));
        Assert.That(configuration.Modules.Get<SampleOptions>("sample").Amount, Is.EqualTo(3));
    }

    [Test]
    public void Comments_trailing_commas_and_a_schema_hint_are_read_over()
    {
        ServerConfiguration configuration = Load("""
            // a server
            {
              "$schema": "server.schema.json",
              "domains": ["Example.ORG", ], /* one */
              "listen": { "client": [], "http": ["127.0.0.1:0"] },
              "limits": { "depth": 0 },
              "modules": { "sample": { "amount": 7, "factor": 1.5, "folder": "x", "inner": { "names": ["a", "b"] } } },
            }
            """);
        Assert.That(configuration.Options.Domains, Is.EqualTo(new[] { "example.org" }), "prepared by RFC 7622 §3.2");
        Assert.That(configuration.Options.Listen.Client, Is.Empty);
        Assert.That(configuration.Options.Listen.ClientTls, Is.EqualTo(new[] { "[::]:5223" }));
        Assert.That(configuration.Options.Limits.Depth, Is.Zero);
        SampleOptions sample = configuration.Modules.Get<SampleOptions>("sample");
        Assert.That((sample.Amount, sample.Factor, sample.Folder), Is.EqualTo((7, 1.5, folder.File("x"))));
        Assert.That(sample.Inner.Names, Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void Relative_paths_count_from_the_files_folder()
    {
        Directory.CreateDirectory(folder.File("etc"));
        folder.Write("etc/my.json", """{ "dataDirectory": "../var" }""");
        ServerConfiguration configuration = ServerConfiguration.Load("etc/my.json", folder.Path, new Hashtable(), Modules);
        Assert.That(configuration.Options.DataDirectory, Is.EqualTo(folder.File("var")));
        Assert.That(configuration.File, Is.EqualTo(folder.File("etc/my.json")));
    }

    [Test]
    public void A_file_that_was_named_must_exist() =>
        Assert.That(
            () => ServerConfiguration.Load("none.json", folder.Path, new Hashtable(), Modules),
            Throws.TypeOf<ConfigurationException>().With.Message.EqualTo(folder.File("none.json") + ": there is no such file"));

    [TestCase("""{ "domain": ["a"] }""", "server.config.json:1: domain: unknown key; did you mean \"domains\"?")]
    [TestCase("{\n\"limits\": {\n\"stanzaByte\": 1 } }", "server.config.json:3: limits.stanzaByte: unknown key; did you mean \"stanzaBytes\"?")]
    [TestCase("""{ "certificate": "x" }""", "server.config.json:1: certificate: unknown key; did you mean \"tls.certificate\"?")]
    [TestCase("""{ "qqqqqqqqqq": 1 }""", "server.config.json:1: qqqqqqqqqq: unknown key")]
    [TestCase("""{ "modules": { "sampel": {} } }""", "server.config.json:1: modules.sampel: unknown module; did you mean \"sample\"?")]
    [TestCase("""{ "modules": { "sample": { "enable": true } } }""", "server.config.json:1: modules.sample.enable: unknown key; did you mean \"enabled\"?")]
    [TestCase("""{ "modules": [] }""", "server.config.json:1: modules: expected a section { … }, not a list")]
    [TestCase("""{ "domains": "localhost" }""", "server.config.json:1: domains: expected a list of texts [ \"…\" ], not \"localhost\"")]
    [TestCase("""{ "domains": [] }""", "server.config.json:1: domains: expected at least one domain name")]
    [TestCase("""{ "domains": ["a b"] }""", "server.config.json:1: domains: \"a b\" is no domain name")]
    [TestCase("""{ "domains": ["a.example", "A.example"] }""", "server.config.json:1: domains: \"A.example\" stands here twice")]
    [TestCase("""{ "domains": null }""", "server.config.json:1: domains: expected a list of texts [ \"…\" ], not null")]
    [TestCase("""{ "limits": 5 }""", "server.config.json:1: limits: expected a section { … }, not 5")]
    [TestCase("""{ "limits": { "depth": "5" } }""", "server.config.json:1: limits.depth: expected a whole number of 0 or more, not \"5\"")]
    [TestCase("""{ "limits": { "depth": -1 } }""", "server.config.json:1: limits.depth: expected a whole number of 0 or more, not -1")]
    [TestCase("""{ "limits": { "depth": 1.5 } }""", "server.config.json:1: limits.depth: expected a whole number of 0 or more, not 1.5")]
    [TestCase("""{ "limits": { "depth": 99999999999 } }""", "server.config.json:1: limits.depth: expected a whole number of 0 or more, not 99999999999")]
    [TestCase("""{ "limits": { "stanzaBytes": 9999 } }""", "server.config.json:1: limits.stanzaBytes: expected 0 or at least 10000 (RFC 6120 §13.12), not 9999")]
    [TestCase("""{ "tls": { "required": "yes" } }""", "server.config.json:1: tls.required: expected true or false, not \"yes\"")]
    [TestCase("""{ "tls": { "key": "k.pem" } }""", "server.config.json:1: tls.key: expected a certificate beside the key")]
    [TestCase("""{ "storage": { "engine": "mysql" } }""", "server.config.json:1: storage.engine: expected one of \"sqlite\", not \"mysql\"")]
    [TestCase("""{ "log": { "format": "xml" } }""", "server.config.json:1: log.format: expected one of \"text\", \"json\", not \"xml\"")]
    [TestCase("""{ "auth": { "scramIterations": 4095 } }""", "server.config.json:1: auth.scramIterations: expected a whole number from 4096 to 10000000, not 4095")]
    [TestCase("""{ "auth": { "mechanisms": ["SCRAM-SHA1"] } }""", "server.config.json:1: auth.mechanisms: unknown mechanism \"SCRAM-SHA1\"; did you mean \"SCRAM-SHA-1\"?")]
    [TestCase("""{ "auth": { "mechanisms": [] } }""", "server.config.json:1: auth.mechanisms: expected at least one of SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1, PLAIN")]
    [TestCase("""{ "modules": { "sample": { "amount": 11 } } }""", "server.config.json:1: modules.sample.amount: expected a whole number from 0 to 10, not 11")]
    [TestCase("""{ "modules": { "sample": { "enabled": true, "amount": 0 } } }""", "server.config.json:1: modules.sample.amount: expected more than 0 where enabled")]
    [TestCase("{ \"dataDirectory\": \"a\",\n\"dataDirectory\": \"b\" }", "server.config.json:2: dataDirectory: the key stands here twice")]
    [TestCase("[]", "server.config.json:1: expected an object { … }, not a list")]
    public void One_line_says_file_line_key_and_what_was_expected(string json, string problem) =>
        Assert.That(Problems(json), Is.EqualTo(new[] { problem }));

    [TestCase("localhost:5222")]
    [TestCase("5222")]
    [TestCase("127.0.0.1")]
    [TestCase("::1:5222")]
    [TestCase("[::]:70000")]
    [TestCase("[127.0.0.1]:1")]
    public void A_bad_listener_is_named(string address) =>
        Assert.That(Problems($$"""{ "listen": { "client": ["{{address}}"] } }"""), Is.EqualTo(new[] { $"server.config.json:1: listen.client: expected {ListenAddress.Expected}, not \"{address}\"" }));

    [TestCase("{\n\"domains\": [\n", "server.config.json:3: not valid JSON: ")]
    [TestCase("{ \"a\": 1 } x", "server.config.json:1: not valid JSON: ")]
    [TestCase("", "server.config.json:1: not valid JSON: ")]
    public void A_file_that_is_not_JSON_is_named_with_its_line(string json, string start) =>
        Assert.That(Problems(json).Single(), Does.StartWith(start).And.Not.Contains('\n'));

    [Test]
    public void All_problems_are_told_at_once() =>
        Assert.That(Problems("{ \"a1b2c3d4e5\": 1,\n\"limits\": { \"depth\": null } }"), Has.Length.EqualTo(2));

    [Test]
    public void A_certificate_must_exist() =>
        Assert.That(Problems("""{ "tls": { "certificate": "c.pem" } }"""), Is.EqualTo(new[] { $"server.config.json:1: tls.certificate: there is no file {folder.File("c.pem")}" }));

    [Test]
    public void Certificates_of_single_domains_are_bound_and_checked()
    {
        folder.Write("c.pem", "");
        ServerConfiguration configuration = Load("""{ "tls": { "domains": { "a.example": { "certificate": "c.pem" } } } }""");
        Assert.That(configuration.Options.Tls.Domains["a.example"].Certificate, Is.EqualTo(folder.File("c.pem")));
        Assert.That(Problems("""{ "tls": { "domains": { "a.example": { "cert": "c.pem" } } } }"""), Has.Length.EqualTo(1).And.All.StartsWith("server.config.json:1: tls.domains.a.example.cert: unknown key"));
    }

    [Test]
    public void The_environment_overrides_the_file()
    {
        ServerConfiguration configuration = Load(
            """{ "domains": ["a.example", "b.example"], "limits": { "depth": 9 } }""",
            "PRESENCEXML__domains__1=c.example", "PRESENCEXML__domains__2=d.example", "presencexml__LIMITS__stanzabytes=20000",
            "PRESENCEXML__tls__required=false", "PRESENCEXML__listen__http=", "PRESENCEXML__listen__client=127.0.0.1:0,[::1]:0",
            "PRESENCEXML__listen__server__0=127.0.0.1:1", "PRESENCEXML__modules__sample__amount=5", "OTHER__x=1");
        Assert.That(configuration.Options.Domains, Is.EqualTo(new[] { "a.example", "c.example", "d.example" }));
        Assert.That((configuration.Options.Limits.Depth, configuration.Options.Limits.StanzaBytes, configuration.Options.Tls.Required), Is.EqualTo((9, 20000, false)));
        Assert.That(configuration.Options.Listen.Http, Is.Empty);
        Assert.That(configuration.Options.Listen.Client, Is.EqualTo(new[] { "127.0.0.1:0", "[::1]:0" }));
        Assert.That(configuration.Options.Listen.Server, Is.EqualTo(new[] { "127.0.0.1:1" }));
        Assert.That(configuration.Modules.Get<SampleOptions>("sample").Amount, Is.EqualTo(5));
    }

    [TestCase("PRESENCEXML__limits__depth=x", "PRESENCEXML__limits__depth: limits.depth: expected a whole number of 0 or more, not \"x\"")]
    [TestCase("PRESENCEXML__limit__depth=1", "PRESENCEXML__limit__depth: limit: unknown key; did you mean \"limits\"?")]
    [TestCase("PRESENCEXML__domains__3=x", "PRESENCEXML__domains__3: the list has 0 items; the next one is __0")]
    public void A_bad_variable_is_named(string variable, string problem) =>
        Assert.That(Problems("{}", variable), Is.EqualTo(new[] { problem }));

    [Test]
    public void Modules_options_are_found_beside_the_modules()
    {
        IReadOnlyDictionary<string, Type> found = ModuleOptionsSource.Find([typeof(SampleModule)]);
        Assert.That(found["sample"], Is.EqualTo(typeof(SampleOptions)));
    }

    [Test]
    public void A_module_that_asks_for_another_class_is_told() =>
        Assert.That(() => Load("{}").Modules.Get<SampleInner>("sample"), Throws.InvalidOperationException);

    /// <summary>Stands where a module would.</summary>
    private static class SampleModule;

    [Test]
    public void Components_have_a_domain_of_their_own_and_a_secret()
    {
        folder.Write("secret", "open sesame\n");
        ServerConfiguration configuration = Load("""
            { "domains": ["example.org"], "listen": { "component": ["127.0.0.1:5347"] }, "components": { "IRC.example.org": { "secret": "s" }, "münchen.example": { "secretFile": "secret" } } }
            """);
        Assert.That(configuration.Options.Components.Keys, Is.EquivalentTo(new[] { "irc.example.org", "münchen.example" }));
        Assert.That(configuration.Options.Components["münchen.example"].ReadSecret(), Is.EqualTo("open sesame"));
        Assert.That(ConfigSchema.ToJson(configuration), Does.Not.Contain("\"s\"").And.Contain("***"));
    }

    [TestCase("""{ "components": { "localhost": { "secret": "s" } } }""", "components.localhost: is one of \"domains\"")]
    [TestCase("""{ "components": { "LOCALHOST": { "secret": "s" } } }""", "components.LOCALHOST: is one of \"domains\"")]
    [TestCase("""{ "components": { "a b.example": { "secret": "s" } } }""", "is no domain name")]
    [TestCase("""{ "components": { "irc.example": { "secret": "s" }, "IRC.example": { "secret": "s" } } }""", "twice")]
    [TestCase("""{ "components": { "irc.example": { } } }""", "components.irc.example.secret: expected either a secret or a secretFile")]
    [TestCase("""{ "components": { "irc.example": { "secret": "s", "secretFile": "x" } } }""", "expected either a secret or a secretFile")]
    [TestCase("""{ "components": { "irc.example": { "secret": "" } } }""", "components.irc.example.secret: ")]
    [TestCase("""{ "components": { "irc.example": { "secretFile": "nowhere" } } }""", "cannot be read")]
    [TestCase("""{ "components": { "irc.example": { "secret": "s", "sekret": "x" } } }""", "did you mean \"secret\"?")]
    [TestCase("""{ "listen": { "component": ["nonsense"] } }""", "listen.component: expected ")]
    public void What_is_wrong_with_a_component_is_told(string json, string problem) =>
        Assert.That(Problems(json), Has.One.Contains(problem));
}
