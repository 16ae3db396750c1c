using System.Diagnostics;
using PresenceXml.Server.Commands;
using PresenceXml.Server.Tests.Configuration;

namespace PresenceXml.Server.Tests.Commands;

/// <summary>The program as a process of its own: started, commanded, stopped by a signal.</summary>
[Category("Process")]
[Platform(Exclude = "Win")]
[CancelAfter(120_000)]
public sealed class ProgramTests
{
    private readonly List<Process> started = [];
    private TestFolder folder = null!;

    [SetUp]
    public void SetUp()
    {
        folder = new TestFolder();
        folder.Write("server.config.json", """{ "listen": { "client": ["127.0.0.1:0"], "clientTls": [], "server": [], "serverTls": [] }, "auth": { "scramIterations": 4096 } }""");
    }

    [TearDown]
    public void TearDown()
    {
        foreach (Process process in started)
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
        }
        started.Clear();
        folder.Dispose();
    }

    [TestCase("TERM")]
    [TestCase("INT")]
    public async Task It_starts_obeys_commands_and_ends_by_a_signal(string signal, CancellationToken cancel)
    {
        Process server = Start("run");
        string banner = await ReadToAsync(server, "Then log in", cancel);
        Assert.That(banner, Does.Match(@"listening      127\.0\.0\.1:\d+  clients, STARTTLS").And.Contain("self-signed").And.Contain("not opened     [::]:5280"));

        Assert.That(await RunAsync("user add romeo@localhost --password secret99", cancel), Is.EqualTo((0, "romeo@localhost added.\n", "")));
        (int code, _, string error) = await RunAsync("run", cancel);
        Assert.That(code, Is.EqualTo(CommandLine.Refused));
        Assert.That(error, Does.Contain("in use by process"));

        using (Process kill = Process.Start("sh", ["-c", $"kill -{signal} {server.Id}"])) await kill.WaitForExitAsync(cancel);
        await server.WaitForExitAsync(cancel);
        Assert.That(server.ExitCode, Is.Zero, await server.StandardError.ReadToEndAsync(cancel));
        Assert.That(await RunAsync("user list", cancel), Is.EqualTo((0, "romeo@localhost\n", "")), "the lock is free and the account there");
    }

    [Test]
    public async Task A_port_in_use_is_one_line(CancellationToken cancel)
    {
        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        other.Start();
        folder.Write("server.config.json", $$"""{ "listen": { "client": ["{{other.LocalEndpoint}}"], "clientTls": [], "server": [], "serverTls": [] } }""");
        (int code, string output, string error) = await RunAsync("run", cancel);
        Assert.That(code, Is.EqualTo(CommandLine.Refused));
        Assert.That(error.Trim().Split('\n'), Has.Length.EqualTo(1).And.Some.Contains(other.LocalEndpoint.ToString()!).And.None.Contains("http"));
        Assert.That(output, Is.Empty, "no trace of where in the code it was found");
    }

    [Test]
    public async Task A_certificate_that_cannot_be_used_is_one_line(CancellationToken cancel)
    {
        folder.Write("c.pem", "junk");
        folder.Write("server.config.json", """{ "listen": { "client": ["127.0.0.1:0"], "clientTls": [], "server": [], "serverTls": [] }, "tls": { "certificate": "c.pem" } }""");
        (int code, _, string error) = await RunAsync("run", cancel);
        Assert.That(code, Is.EqualTo(CommandLine.Refused));
        Assert.That(error.Trim().Split('\n'), Has.Length.EqualTo(1).And.Some.Contains(folder.File("c.pem")));
    }

    // A shell without job control starts what is in its background with SIGINT ignored, and a program rightly keeps that: here it must not matter
    // how the tests were started.
    private Process Start(string command)
    {
        string program = $"\"{typeof(CommandLine).Assembly.Location}\" {command}";
        ProcessStartInfo start = OperatingSystem.IsLinux() ? new("env", $"--default-signal=INT dotnet {program}") : new("dotnet", program);
        start.WorkingDirectory = folder.Path;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        started.Add(process);
        return process;
    }

    private async Task<(int Code, string Out, string Error)> RunAsync(string command, CancellationToken cancel)
    {
        Process process = Start(command);
        Task<string> error = process.StandardError.ReadToEndAsync(cancel);
        string output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, output, await error);
    }

    private static async Task<string> ReadToAsync(Process process, string last, CancellationToken cancel)
    {
        var read = new System.Text.StringBuilder();
        while (await process.StandardOutput.ReadLineAsync(cancel) is { } line)
        {
            read.AppendLine(line);
            if (line.StartsWith(last, StringComparison.Ordinal)) return read.ToString();
        }
        throw new InvalidOperationException($"The server ended: {read}{await process.StandardError.ReadToEndAsync(cancel)}");
    }
}
