using System.CommandLine;
using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Commands;

/// <summary><c>federation list | show | test</c>: what becomes of links to other servers. Only the server that runs knows.</summary>
internal sealed class FederationCommands(CommandHost host, CommandConsole console, Option<string?> config)
{
    private readonly Argument<string> domain = new("DOMAIN") { Description = "A domain of another server." };

    public Command Build()
    {
        var federation = new Command("federation", "See what becomes of links to other servers, and try them. The server has to run. Times are UTC.");
        federation.Add(List());
        federation.Add(Show());
        federation.Add(Test());
        return federation;
    }

    private Command List()
    {
        var command = new Command("list", "Print the links, those of late among them, one a line; then the streams that other servers opened.");
        command.SetAction(async (result, cancel) =>
        {
            ControlReply reply = await (await ConnectAsync(result, cancel)).ListLinksAsync(cancel);
            await WriteAsync(FederationText.List(reply.Links ?? [], reply.Incoming ?? []));
        });
        return command;
    }

    private Command Show()
    {
        var command = new Command("show", "Print all that is known of a domain: the last attempt step by step, what failed and what would mend it, and what became of stanzas.") { domain };
        command.SetAction(async (result, cancel) =>
        {
            string name = Domain(result.GetValue(domain)!);
            ControlReply reply = await (await ConnectAsync(result, cancel)).ShowLinksAsync(name, cancel);
            await WriteAsync(FederationText.Show(name, reply.Policy ?? "", reply.Links ?? [], reply.Incoming ?? []));
        });
        return command;
    }

    private Command Test()
    {
        var from = new Option<string?>("--from") { Description = "The domain of ours that speaks. Default: the first.", HelpName = "DOMAIN" };
        var command = new Command("test", "Try a domain now, by all the steps of a link and with a ping at the end, and print each step. Succeeds when the ping was answered.") { domain, from };
        command.SetAction(async (result, cancel) =>
        {
            string name = Domain(result.GetValue(domain)!);
            string? ours = result.GetValue(from) is { } given ? Domain(given) : null;
            ControlTest test = await (await ConnectAsync(result, cancel)).TestLinkAsync(name, ours, step => console.Out.WriteLine(step), cancel);
            string opened = $"{test.Local} reaches {name} ({test.Manner})";
            if (test.Failure is { } fault)
            {
                string what = test.Manner is null ? $"{test.Local} does not reach {name}" : $"{opened}, and it is not known whether {name} reaches {test.Local}";
                string remedy = fault.Remedy is { } text ? $". To mend it: {text}" : "";
                throw new CommandRefusedException($"{what}: {FederationText.Fault(fault)}{remedy}.");
            }
            await console.Out.WriteLineAsync($"{opened}, and {name} answers.");
        });
        return command;
    }

    private static string Domain(string text) => JidPreparation.TryDomain(text, out string? prepared) ? prepared : throw new CommandRefusedException($"\"{text}\" is no domain name");

    private async Task<ControlClient> ConnectAsync(ParseResult result, CancellationToken cancel)
    {
        ServerOptions options = host.Load(result.GetValue(config)).Options;
        return await ControlClient.TryConnectAsync(options.DataDirectory, cancel)
            ?? throw new CommandRefusedException($"no server runs on {options.DataDirectory}, and only one that runs knows its links; start it, or name the right --config");
    }

    private async Task WriteAsync(IEnumerable<string> lines)
    {
        foreach (string line in lines) await console.Out.WriteLineAsync(line);
    }
}
