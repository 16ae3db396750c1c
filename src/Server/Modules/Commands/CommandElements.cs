using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Modules.Commands;

/// <summary>What an ad-hoc command answers (XEP-0050 §3.4).</summary>
internal static class CommandElements
{
    private const string Ns = CommandsModule.Ns;

    /// <summary>The form that is to be filled in now.</summary>
    /// <param name="run">The command.</param>
    /// <param name="problem">Why it is asked again, or null.</param>
    public static Element Executing(CommandRun run, string? problem)
    {
        string forward = run.Current.HasMore ? "next" : "complete";
        return Command(run, "executing").With(new Element(
            Ns, "actions",
            new XmlAttribute("execute", forward),
            run.HasBefore ? new Element(Ns, "prev") : null,
            new Element(Ns, forward)))
            .WithNote(problem, "error")
            .With(run.Current.Form.ToElement(isResult: false));
    }

    public static Element Canceled(CommandRun run) => Command(run, "canceled");

    public static Element Completed(CommandRun run, CommandReply reply)
    {
        Element command = Command(run, "completed").WithNote(reply.Note, "info");
        return reply.Form is { } form ? command.With(form.ToElement(isResult: true)) : command;
    }

    private static Element WithNote(this Element command, string? text, string type) =>
        text is null ? command : command.With(new Element(Ns, "note", new XmlAttribute("type", type), text));

    private static Element Command(CommandRun run, string status) => new(
        Ns, "command",
        new XmlAttribute("node", run.Node), new XmlAttribute("sessionid", run.Id), new XmlAttribute("status", status));
}
