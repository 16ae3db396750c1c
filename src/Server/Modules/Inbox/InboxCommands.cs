using System.Globalization;
using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Messaging;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>The inbox for people whose clients know nothing of it: ad-hoc commands that do what the iqs do, by the same code.</summary>
internal sealed class InboxCommands(InboxStore inbox, InboxReader reader, InboxMarks marks, InboxChanges changes, RetentionTerms terms)
{
    // What fits on a screen; older ones come when these are dealt with.
    private const int Shown = 50;

    private const string Everything = "everything";

    public void Register(ModuleBuilder module) => module
        .Command(InboxModule.Ns + "#boxes", "My inbox", AskAsync)
        .Command(InboxModule.Ns + "#retention", "How long messages are kept", AskDaysAsync);

    private async ValueTask<CommandReply> AskAsync(CommandContext context, CancellationToken cancel)
    {
        SortedDictionary<string, BoxCounts> boxes = await reader.CountAsync(context.Account, await marks.OfAsync(context.Presentity, cancel), cancel);
        boxes.Remove(InboxStore.Passing);
        return CommandReply.Ask(
            new DataForm("My inbox")
            {
                Instructions = ["Your messages lie in boxes. Choose one, and what is to be done."],
                Fields =
                [
                    .. boxes.Select(static box => FormField.Text(Describe(box.Key, box.Value))),
                    FormField.Choice("box", "Box", InboxStore.Main, [.. boxes.Keys.Select(static box => new FieldOption(InboxWriter.NameOf(box), InboxWriter.NameOf(box)))]),
                    FormField.Choice("do", "What", "look", new FieldOption("look", "look into it"), new FieldOption("empty", "delete all that is in it"),
                        new FieldOption(Everything, "delete everything in every box")),
                ],
            },
            ChooseAsync,
            hasMore: true);
    }

    private async ValueTask<CommandReply> ChooseAsync(CommandContext context, CancellationToken cancel)
    {
        string name = context.Form!.Text("box"), what = context.Form.Text("do");
        _ = InboxRequest.TryReadBox(name, out string? box);
        if (what == "look")
            return await LookAsync(context, box!, cancel);
        int count = (await reader.SelectAsync(context.Account, what == Everything ? null : box, null, cancel)).Count;
        if (count == 0)
            return CommandReply.Done("There is nothing to delete.");
        string which = what == Everything ? "all that you have in every box" : $"all that is in {name}";
        return CommandReply.Ask(
            new DataForm("Delete messages")
            {
                Instructions = [$"This deletes {which}: {Number(count, "message")}. It cannot be undone."],
                Fields = [FormField.Flag("sure", "Delete them"), new FormField("box", FieldType.Hidden) { Values = [what == Everything ? Everything : name] }],
            },
            EmptyAsync);
    }

    private async ValueTask<CommandReply> EmptyAsync(CommandContext context, CancellationToken cancel)
    {
        if (!context.Form!.Flag("sure"))
            return CommandReply.Done("Nothing was deleted.");
        if (context.Form.Text("box") == Everything)
            return CommandReply.Done($"{Number(await changes.WipeAsync(context.Presentity, context.Session, cancel), "message")} deleted.");
        _ = InboxRequest.TryReadBox(context.Form.Text("box"), out string? box);
        List<long> all = await reader.SelectAsync(context.Account, box, null, cancel);
        await changes.DeleteAsync(context.Presentity, all, box, context.Session);
        return CommandReply.Done($"{Number(all.Count, "message")} deleted.");
    }

    private async ValueTask<CommandReply> LookAsync(CommandContext context, string box, CancellationToken cancel)
    {
        HeaderPage page = (await reader.ReadAsync(context.Account, box, PageRequest.Latest(Shown), cancel))!;
        if (page.Entries.Count == 0)
            return CommandReply.Done($"Nothing lies in {InboxWriter.NameOf(box)}.");
        ReadMarks read = await marks.OfAsync(context.Presentity, cancel);
        return CommandReply.Ask(
            new DataForm(InboxWriter.NameOf(box))
            {
                Instructions = [page.IsComplete ? "Newest first." : $"The newest {Shown}, newest first. The text is shown by your client, from the archive."],
                Fields =
                [
                    new FormField("which", FieldType.ListMulti)
                    {
                        Label = "Messages",
                        Options = [.. page.Entries.Reverse().Select(entry => new FieldOption(inbox.StanzaId(context.Account, entry.Sequence), Describe(entry, read)))],
                    },
                    FormField.Choice("do", "What", "none", new FieldOption("none", "nothing"), new FieldOption("delete", "delete them"), new FieldOption("move", "move them"),
                        new FieldOption("read", "they are read"), new FieldOption("unread", "they are not read")),
                    new FormField("to", FieldType.TextSingle) { Label = "To this box, if they are to be moved", Description = "1 to 32 of a-z, 0-9 and -; inbox is the inbox. A new name makes a new box." },
                ],
            },
            ActAsync);
    }

    private async ValueTask<CommandReply> ActAsync(CommandContext context, CancellationToken cancel)
    {
        string what = context.Form!.Text("do");
        IReadOnlyList<string> ids = context.Form.All("which");
        if (what == "none" || ids.Count == 0)
            return CommandReply.Done("Nothing was changed.");
        List<LogEntry> found = await reader.FindAsync(context.Account, ids, [], passing: false, cancel);
        switch (what)
        {
            case "delete":
                await changes.DeleteAsync(context.Presentity, found.ConvertAll(static entry => entry.Sequence), null, context.Session);
                return CommandReply.Done($"{Number(found.Count, "message")} deleted.");
            case "move":
                string name = context.Form.Text("to").Trim();
                if (name.Length == 0 || !InboxRequest.TryReadBox(name, out string? box))
                    return CommandReply.Again(InboxRequest.NoBox(name).Text!);
                await changes.MoveAsync(context.Presentity, found, box, context.Session);
                return CommandReply.Done($"{Number(found.Count, "message")} moved to {name}.");
            default:
                return await marks.MarkAsync(context.Presentity, found, what == "read", context.Session)
                    ? CommandReply.Done($"{Number(found.Count, "message")} marked.")
                    : CommandReply.Fail(StanzaError.PolicyViolation);
        }
    }

    private async ValueTask<CommandReply> AskDaysAsync(CommandContext context, CancellationToken cancel)
    {
        int? own = await terms.OwnDaysOfAsync(context.Account, cancel);
        string longest = terms.Longest == 0 ? "for ever" : $"for {Number(terms.Longest, "day")}";
        return CommandReply.Ask(
            new DataForm("How long messages are kept")
            {
                Instructions = [$"What was delivered is kept {longest}, and deleted then. You can have it deleted earlier. Leave it empty for what the server says. What waits for you is kept until it is delivered."],
                Fields = [new FormField("days", FieldType.TextSingle) { Label = "Days", Values = own is { } days ? [days.ToString(CultureInfo.InvariantCulture)] : [] }],
            },
            SetDaysAsync);
    }

    private async ValueTask<CommandReply> SetDaysAsync(CommandContext context, CancellationToken cancel)
    {
        string text = context.Form!.Text("days").Trim();
        int days = 0;
        if (text.Length > 0 && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out days))
            return CommandReply.Again("A number of days.");
        if (await changes.KeepAsync(context.Presentity, terms, text.Length == 0 ? null : days) is { } error)
            return CommandReply.Again(error.Text!);
        int kept = await terms.DaysOfAsync(context.Account, cancel);
        return CommandReply.Done(kept == 0 ? "Messages are kept for ever." : $"Messages are kept for {Number(kept, "day")}.");
    }

    private static string Describe(string box, BoxCounts counts) =>
        $"{InboxWriter.NameOf(box)}: {Number(counts.Total, "message")}, {counts.Unread} unread, {counts.Undelivered} waiting, {Number((counts.Bytes + 1023) / 1024, "kilobyte")}";

    // Never the text: what is put into a form is seen on more screens than a conversation.
    private static string Describe(LogEntry entry, ReadMarks read) =>
        $"{DateTimeProfile.ToSeconds(entry.Time)} {(entry.Outgoing ? "to" : "from")} {entry.Peer}, {Number(entry.Content.Length, "byte")}"
        + (entry.Outgoing || InboxReader.IsRead(read, entry.Box, entry.Peer, entry.Sequence, entry.Undelivered) ? "" : ", unread") + (entry.Undelivered ? ", waiting" : "");

    private static string Number(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");
}
