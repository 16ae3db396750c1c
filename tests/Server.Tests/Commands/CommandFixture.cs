using System.Collections;
using PresenceXml.Protocol;
using PresenceXml.Server.Commands;
using PresenceXml.Server.Configuration;
using PresenceXml.Server.Tests.Configuration;
using PresenceXml.Storage;
using PresenceXml.Storage.Sqlite;

namespace PresenceXml.Server.Tests.Commands;

/// <summary>The command line in a folder of its own, with the real engine and no process around it.</summary>
internal sealed class CommandFixture : IDisposable
{
    private readonly TestFolder folder = new();

    public CommandFixture() => Config("""{ "domains": ["localhost", "b.example"], "auth": { "scramIterations": 4096 } }""");

    public string Folder => folder.Path;
    public string Data => File("data");

    /// <summary>What the last command wrote.</summary>
    public string Out { get; private set; } = "";
    public string Error { get; private set; } = "";

    /// <summary>What is typed at the terminal, line by line; null: there is no terminal.</summary>
    public Queue<string>? Terminal { get; set; }

    public ServerOptions Options => ServerConfiguration.Load(null, Folder, new Hashtable(), new Dictionary<string, Type>()).Options;

    public string File(string name) => folder.File(name);

    public void Config(string json) => folder.Write("server.config.json", json);

    public void Write(string name, string text) => folder.Write(name, text);

    public async Task<int> RunAsync(string command, string input = "")
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CommandHost
        {
            WorkingDirectory = Folder,
            Environment = new Hashtable(),
            Modules = new Dictionary<string, Type>(),
            OpenStore = static async (directory, create, _) => await OpenAsync(directory, create),
            HasStore = static directory => System.IO.File.Exists(Path.Combine(directory, Backup.StoreName)),
            RunServer = static (_, console, _) => console.Out.WriteLineAsync("running"),
        };
        var console = new CommandConsole(output, error, new StringReader(input)) { AskSecret = Terminal is null ? null : _ => Terminal.Dequeue() };
        int code = await new CommandLine(host, console).InvokeAsync(command.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        (Out, Error) = (output.ToString(), error.ToString());
        return code;
    }

    /// <summary>Runs a command that is to succeed and returns what it printed.</summary>
    public async Task<string> DoAsync(string command, string input = "")
    {
        Assert.That(await RunAsync(command, input), Is.Zero, Error);
        Assert.That(Error, Is.Empty);
        return Out;
    }

    /// <summary>Runs a command that is to be refused and returns the one line that says why.</summary>
    public async Task<string> RefusedAsync(string command, string input = "")
    {
        Assert.That(await RunAsync(command, input), Is.EqualTo(CommandLine.Refused));
        Assert.That(Out, Is.Empty);
        Assert.That(Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1), Error);
        return Error.TrimEnd();
    }

    public static async Task<StorageEngine> OpenAsync(string directory, bool create) => await SqliteEngine.OpenAsync(directory, new StorageSettings { Create = create });

    /// <summary>An account as it is stored.</summary>
    public async Task<Account?> FindAsync(string jid)
    {
        await using StorageEngine engine = await OpenAsync(Data, create: false);
        return await new AccountStore(engine).FindAsync(Jid.Parse(jid));
    }

    public void Dispose() => folder.Dispose();
}
