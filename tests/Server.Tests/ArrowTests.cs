using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace PresenceXml.Server.Tests;

/// <summary>The arrows between the parts, as docs/architecture.md draws them, read from the sources.</summary>
public sealed partial class ArrowTests
{
    // What each folder of Server may name. The heart's folders are one layer: a session has its account, an account its sessions.
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Configuration"] = [],
        ["Federation"] = ["Configuration"],
        ["Sessions"] = ["Configuration", "Federation", "Presence", "Messaging", "Rules"],
        ["Presence"] = ["Configuration", "Federation", "Sessions", "Messaging", "Rules"],
        ["Messaging"] = ["Configuration", "Federation", "Sessions", "Presence", "Rules"],
        ["Rules"] = ["Configuration", "Federation", "Sessions", "Presence", "Messaging"],
        ["Routing"] = ["Configuration", "Federation", "Sessions", "Presence", "Messaging", "Rules", "Modules"],
    };

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root(), folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static IEnumerable<string> Named(string file) => Name().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value);

    [Test]
    public void Protocol_names_nothing_of_ours_and_no_task_logger_or_clock()
    {
        foreach (string file in Sources("src/Protocol"))
        {
            Assert.That(Named(file), Has.None.StartWith("Storage").And.None.StartWith("Server"), file);
            Assert.That(Code(file), Does.Not.Match(@"\b(Task|ValueTask|ILogger|TimeProvider|DateTimeOffset|DateTime)\b"), file);
        }
        Assert.That(File.ReadAllText(Path.Combine(Root(), "src/Protocol/PresenceXml.Protocol.csproj")), Does.Not.Contain("Reference"));
    }

    [Test]
    public void Storage_names_Protocol_only()
    {
        foreach (string file in Sources("src/Storage"))
            Assert.That(Named(file), Has.None.StartWith("Server"), file);
    }

    [Test]
    public void Conformance_names_Protocol_only()
    {
        foreach (string file in Sources("conformance"))
            Assert.That(Named(file), Has.None.StartWith("Server").And.None.StartWith("Storage"), file);
    }

    [Test]
    public void Inside_Server_arrows_point_downwards()
    {
        foreach ((string folder, string[] allowed) in Arrows)
        {
            foreach (string file in Sources($"src/Server/{folder}"))
            {
                IEnumerable<string> parts = Named(file).Where(name => name.StartsWith("Server.", StringComparison.Ordinal)).Select(name => name.Split('.')[1]).Distinct();
                Assert.That(parts.Where(part => part != folder), Is.SubsetOf(allowed), file);
            }
        }
    }

    [Test]
    public void Nothing_below_them_names_a_module_and_no_module_names_another()
    {
        foreach (string file in Sources("src/Server"))
        {
            string relative = Path.GetRelativePath(Path.Combine(Root(), "src/Server"), file);
            string[] parts = relative.Split('/');
            bool isModule = parts[0] == "Modules" && parts.Length > 2;
            if (!isModule && !Arrows.ContainsKey(parts[0]))
                continue;
            IEnumerable<string> modules = Named(file).Where(name => name.StartsWith("Server.Modules.", StringComparison.Ordinal)).Select(name => name.Split('.')[2]);
            Assert.That(modules.Where(module => !isModule || module != parts[1]), Is.Empty, file);
        }
    }

    // usings, aliases and full names; comments are not looked at.
    [GeneratedRegex(@"\bPresenceXml\.((?:Protocol|Storage|Server)(?:\.[A-Za-z]+)*)")]
    private static partial Regex Name();

    [GeneratedRegex(@"//.*$|""(?:[^""\\\n]|\\.)*""", RegexOptions.Multiline)]
    private static partial Regex Noise();

    private static string Code(string file) => Noise().Replace(File.ReadAllText(file), "");
}
