using System.Collections;
using System.Text.Json.Nodes;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Tests.Configuration;

public sealed class ConfigSchemaTests
{
    private static readonly Dictionary<string, Type> Modules = new() { ["sample"] = typeof(SampleOptions) };

    [Test]
    public void The_schema_names_type_bounds_choices_and_default()
    {
        JsonNode properties = JsonNode.Parse(ConfigSchema.ToJsonSchema(Modules))!["properties"]!;
        Assert.That(properties["storage"]!["properties"]!["engine"]!["enum"]!.ToJsonString(), Is.EqualTo("""["sqlite"]"""));
        JsonNode amount = properties["modules"]!["properties"]!["sample"]!["properties"]!["amount"]!;
        Assert.That(amount.ToJsonString(), Is.EqualTo("""{"type":"integer","description":"How much. In spoons. Default: taste.","minimum":0,"maximum":10,"default":3}"""));
        Assert.That(properties["tls"]!["properties"]!["certificate"]!["type"]!.ToJsonString(), Is.EqualTo("""["string","null"]"""));
        Assert.That(properties["limits"]!["additionalProperties"]!.GetValue<bool>(), Is.False);
    }

    [Test]
    public void Each_key_of_the_server_says_what_it_does()
    {
        foreach (string line in ConfigSchema.ToMarkdown(ModuleOptionsSource.Find(Server.Modules.ModuleCatalog.Modules)).Split('\n')[2..^1])
            Assert.That(line.Split(" | ")[2].TrimEnd('|', ' '), Is.Not.Empty, line);
    }

    [Test]
    public void What_is_shown_can_be_loaded_again_and_masks_secrets()
    {
        using var folder = new TestFolder();
        folder.Write("server.config.json", """{ "domains": ["a.example"], "modules": { "sample": { "token": "mellon" } } }""");
        ServerConfiguration configuration = ServerConfiguration.Load(null, folder.Path, new Hashtable(), Modules);
        string shown = ConfigSchema.ToJson(configuration);
        Assert.That(shown, Does.Not.Contain("mellon").And.Contain("\"***\""));
        folder.Write("server.config.json", shown);
        Assert.That(ConfigSchema.ToJson(ServerConfiguration.Load(null, folder.Path, new Hashtable(), Modules)), Is.EqualTo(shown));
    }

    [Test]
    public void The_file_in_the_tree_holds_the_defaults()
    {
        string file = Path.Combine(RepositoryRoot(), "server.config.json");
        using var folder = new TestFolder();
        File.Copy(file, folder.File("server.config.json"));
        IReadOnlyDictionary<string, Type> modules = ModuleOptionsSource.Find(Server.Modules.ModuleCatalog.Modules);
        string shown = ConfigSchema.ToJson(ServerConfiguration.Load(null, folder.Path, new Hashtable(), modules));
        File.Delete(folder.File("server.config.json"));
        Assert.That(shown, Is.EqualTo(ConfigSchema.ToJson(ServerConfiguration.Load(null, folder.Path, new Hashtable(), modules))));
    }

    [Test]
    public void The_page_of_all_keys_has_each_with_its_default_and_meaning()
    {
        string file = Path.Combine(RepositoryRoot(), "docs", "configuration.md");
        string table = ConfigSchema.ToMarkdown(ModuleOptionsSource.Find(Server.Modules.ModuleCatalog.Modules));
        Assert.That(File.ReadAllText(file).ReplaceLineEndings("\n"), Does.EndWith(table), $"{file} is to end with\n{table}");
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "PresenceXml.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests run outside the tree.");
    }
}
