using PresenceXml.Server.Commands;

namespace PresenceXml.Server.Tests.Commands;

public sealed class CommandLineTests
{
    private CommandFixture fixture = null!;

    [SetUp]
    public void SetUp() => fixture = new CommandFixture();

    [TearDown]
    public void TearDown() => fixture.Dispose();

    [TestCase("bogus")]
    [TestCase("user")]
    [TestCase("user add")]
    [TestCase("user add a@localhost b@localhost")]
    [TestCase("user add a@localhost --pasword x")]
    [TestCase("config show --config")]
    [TestCase("backup")]
    [TestCase("run now")]
    public async Task Wrong_usage_is_2(string command)
    {
        Assert.That(await fixture.RunAsync(command), Is.EqualTo(CommandLine.WrongUsage));
        Assert.That(fixture.Error, Does.StartWith("presencexml: ").And.Contain("--help"));
        Assert.That(fixture.Out, Is.Empty);
    }

    [TestCase("")]
    [TestCase("run")]
    [TestCase("run --config server.config.json")]
    [TestCase("--config server.config.json")]
    public async Task Run_is_what_it_does_unless_told_otherwise(string command) =>
        Assert.That((await fixture.DoAsync(command)).Trim(), Is.EqualTo("running"));

    [Test]
    public async Task Help_says_that_a_password_on_the_command_line_is_visible() =>
        Assert.That((await fixture.DoAsync("user add --help")).Replace('\n', ' '), Does.Contain("Other users of this machine can see it"));

    [Test]
    public async Task Version_is_printed() => Assert.That((await fixture.DoAsync("version")).Trim(), Does.Match(@"^presencexml \d+\.\d+\.\d+"));

    [Test]
    public async Task A_configuration_that_cannot_be_used_is_1()
    {
        fixture.Config("{ \"domians\": [] }");
        foreach (string command in new[] { "run", "config check", "config show", "user list" })
            Assert.That(await fixture.RefusedAsync(command), Is.EqualTo("server.config.json:1: domians: unknown key; did you mean \"domains\"?"));
    }

    [Test]
    public async Task Config_commands_print()
    {
        Assert.That(await fixture.DoAsync("config check"), Does.Contain("can be used"));
        Assert.That(await fixture.DoAsync("config schema"), Does.Contain("\"scramIterations\""));
        Assert.That(await fixture.DoAsync("config schema --markdown"), Does.Contain("| `auth.scramIterations` |"));
        Assert.That(await fixture.DoAsync("config show"), Does.Contain("\"scramIterations\": 4096"));
    }

    [Test]
    public async Task Backup_and_restore_bring_everything_back()
    {
        await fixture.DoAsync("user add romeo@localhost --create --password secret99");
        File.WriteAllText(Path.Combine(fixture.Data, "self-signed.key"), "key");
        await fixture.DoAsync("backup all.tgz");
        if (!OperatingSystem.IsWindows()) Assert.That(File.GetUnixFileMode(fixture.File("all.tgz")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(await fixture.RefusedAsync("backup all.tgz"), Does.Contain("exists"));
        Assert.That(await fixture.RefusedAsync("restore all.tgz"), Does.Contain("is not empty"));

        Directory.Delete(fixture.Data, recursive: true);
        await fixture.DoAsync("restore all.tgz");
        Assert.That((await fixture.FindAsync("romeo@localhost"))!.Keys[0].Verify("secret99"), Is.True);
        Assert.That(File.ReadAllText(Path.Combine(fixture.Data, "self-signed.key")), Is.EqualTo("key"));
        Assert.That(Directory.EnumerateFileSystemEntries(fixture.Folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { "server.config.json", "data", "all.tgz" }), "nothing else is left behind");
    }

    [Test]
    public async Task What_is_no_backup_is_not_restored()
    {
        fixture.Write("junk", "this is no archive");
        Assert.That(await fixture.RefusedAsync("restore junk"), Does.Contain("cannot be restored"));
        Assert.That(await fixture.RefusedAsync("restore none"), Does.Contain("there is no file"));
        Assert.That(Directory.Exists(fixture.Data), Is.False);
    }
}
