using System.Security.Cryptography;
using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules.Commands;

/// <summary>
/// XEP-0050: Ad-Hoc Commands 1.3.0. What modules offer the owner of an account, at the account and, since many clients look there, at its server.
/// Nobody else learns that there are commands. The last in the catalogue: it lists what the others declared.
/// </summary>
internal sealed class CommandsModule(CommandTable commands, TimeProvider clock) : IModule
{
    public const string Ns = "http://jabber.org/protocol/commands";

    /// <summary>How long a form may lie on somebody's screen.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private AccountState<CommandRuns> runs = null!;

    public void Register(ModuleBuilder module)
    {
        runs = module.OpenAccountState(static (_, _) => new ValueTask<CommandRuns>(CommandRuns.None));
        foreach (Addressee addressee in (Addressee[])[Addressee.Account, Addressee.Domain])
        {
            module
                .Feature(addressee, Ns)
                .OnSet(addressee, Ns, "command", RunAsync)
                .Node(addressee, Ns, CommandInfo.OfList, (iq, _) => new(CommandInfo.Items(iq, commands)));
            foreach (AccountCommand command in commands.All)
                module.Node(addressee, command.Node, (iq, _) => new(CommandInfo.Of(iq, command)), static (iq, _) => new(CommandInfo.NoItems(iq)));
        }
    }

    private async ValueTask<IqReply> RunAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Session is not { } session || (iq.Presentity is null && session.Address.Domain != iq.Target.Domain))
            return StanzaError.ServiceUnavailable;
        Element payload = iq.Payload;
        string action = payload["action"] ?? "execute";
        if (action is not ("execute" or "next" or "prev" or "complete" or "cancel"))
            return CommandErrors.MalformedAction;
        if (payload["node"] is not { } node || commands.Find(node) is not { } command)
            return StanzaError.ItemNotFound;

        Presentity presentity = session.Presentity;
        if (payload["sessionid"] is not { } id)
        {
            if (action != "execute")
                return CommandErrors.BadAction;
            var begun = new CommandRun(RandomNumberGenerator.GetHexString(32, lowercase: true), node, session.Address, [], clock.GetUtcNow());
            return await StepAsync(iq, begun, command.First, null, cancel);
        }
        lock (presentity.Gate)
        {
            CommandRun? run = runs.Of(presentity).Find(id);
            if (run is null || run.Node != node || run.Asker != session.Address)
                return CommandErrors.BadSessionId;
            if (clock.GetUtcNow() - run.Touched > Patience)
            {
                runs.Set(presentity, runs.Of(presentity).Without(id));
                return CommandErrors.SessionExpired;
            }
            switch (action)
            {
                case "cancel":
                    runs.Set(presentity, runs.Of(presentity).Without(id));
                    return CommandElements.Canceled(run);
                case "prev" when !run.HasBefore:
                    return CommandErrors.BadAction;
                case "prev":
                    run = run with { Steps = run.Steps.Pop(), Touched = clock.GetUtcNow() };
                    runs.Set(presentity, runs.Of(presentity).With(run));
                    return CommandElements.Executing(run, null);
            }
        }
        return await SubmitAsync(iq, presentity, id, payload, cancel);
    }

    private async ValueTask<IqReply> SubmitAsync(IqContext iq, Presentity presentity, string id, Element payload, CancellationToken cancel)
    {
        if (runs.Of(presentity).Find(id) is not { } run)
            return CommandErrors.BadSessionId;
        Element? form = payload.Child(DataForm.Ns, "x");
        if (form is null && run.Current.Form.Fields.Any(static field => field.IsRequired))
            return CommandErrors.BadPayload;
        form ??= new Element(DataForm.Ns, "x", new XmlAttribute("type", "submit"));
        // XEP-0004: a form that was put away.
        if (form["type"] == "cancel")
        {
            lock (presentity.Gate)
                runs.Set(presentity, runs.Of(presentity).Without(id));
            return CommandElements.Canceled(run);
        }
        if (form["type"] is not (null or "submit"))
            return CommandErrors.BadPayload;
        if (!FormData.TryRead(run.Current.Form, form, out FormData? data, out string? problem))
            return Keep(presentity, run, problem);
        return await StepAsync(iq, run, run.Current.Handler, data, cancel);
    }

    private async ValueTask<IqReply> StepAsync(IqContext iq, CommandRun run, CommandHandler handler, FormData? form, CancellationToken cancel)
    {
        ClientSession session = iq.Session!;
        Presentity presentity = session.Presentity;
        CommandReply reply = await handler(new CommandContext { Iq = iq, Presentity = presentity, Session = session, Form = form }, cancel);
        if (reply.IsAgain && !run.Steps.IsEmpty)
            return Keep(presentity, run, reply.Note);
        if (reply.Next is { } next)
            return Keep(presentity, run with { Steps = run.Steps.Push(new CommandStep(reply.Form!, next, reply.HasMore)) }, null);
        lock (presentity.Gate)
            runs.Set(presentity, runs.Of(presentity).Without(run.Id));
        return reply.Error is { } error ? error : CommandElements.Completed(run, reply);
    }

    private IqReply Keep(Presentity presentity, CommandRun run, string? problem)
    {
        run = run with { Touched = clock.GetUtcNow() };
        lock (presentity.Gate)
            runs.Set(presentity, runs.Of(presentity).With(run));
        return CommandElements.Executing(run, problem);
    }
}
