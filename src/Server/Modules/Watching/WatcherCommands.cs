using System.Globalization;
using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Roster;
using PresenceXml.Server.Presence.Watching;

namespace PresenceXml.Server.Modules.Watching;

/// <summary>Watcher information for people whose clients know nothing of it.</summary>
internal sealed class WatcherCommands(Watchers watchers, WatcherReader reader)
{
    // What fits on a screen, and into a stanza.
    private const int MaxRows = 250;

    // Once more in words: profanity, for one, shows no tables.
    private const int MaxLines = 20;

    public void Register(ModuleBuilder module) => module
        .Command(Watchers.Ns + "#who", "Who watches me", WhoAsync)
        .Command(Watchers.Ns + "#whom", "Whom do I watch", WhomAsync)
        .Command(Watchers.Ns + "#window", "How long watchers are listed", AskWindowAsync);

    private async ValueTask<CommandReply> WhoAsync(CommandContext context, CancellationToken cancel)
    {
        WatcherList list = await reader.ReadAsync(context.Presentity);
        if (list.Entries.Count == 0)
            return CommandReply.Done(list.Hidden == 0 ? "Nobody watches you." : $"{WatcherWords.Number(list.Hidden, "watcher")} that do not say who they are.");
        return CommandReply.Show(
            new DataForm("Who watches me")
            {
                Columns =
                [
                    Column("jid", "Who", FieldType.JidSingle), Column("kind", "Kind"), Column("status", "Status"), Column("last", "Last"), Column("count", "Times asked"), Column("more", "Remarks"),
                ],
                Rows = [.. list.Entries.Take(MaxRows).Select(static entry => (IReadOnlyList<string>)
                [
                    entry.Record.Watcher.ToString(), entry.Kind, WatcherDocument.StatusOf(entry.Record), WatcherPage.Time(entry.Record.Last),
                    entry.Shown == Rules.Visibility.Full ? entry.Record.Count.ToString(CultureInfo.InvariantCulture) : "", WatcherWords.Remarks(entry),
                ])],
            },
            WatcherWords.Text(list, context.Presentity, watchers.DaysOf(context.Presentity), MaxLines));
    }

    private ValueTask<CommandReply> WhomAsync(CommandContext context, CancellationToken cancel)
    {
        RosterItem[] watched = [.. context.Presentity.Roster.Items.Where(static item => item.State.HasTo() || item.State.HasPendingOut())];
        if (watched.Length == 0)
            return new(CommandReply.Done("You watch nobody."));
        return new(CommandReply.Show(
            new DataForm("Whom do I watch")
            {
                Columns = [Column("jid", "Whom", FieldType.JidSingle), Column("name", "Name"), Column("status", "Status")],
                Rows = [.. watched.Take(MaxRows).Select(static item => (IReadOnlyList<string>)[item.Jid.ToString(), item.Name ?? "", StatusOf(item)])],
            },
            string.Join('\n', watched.Take(MaxLines).Select(static item => $"{item.Jid}: {StatusOf(item)}"))
                + (watched.Length > MaxLines ? $"\n… and {watched.Length - MaxLines} more." : "")));
    }

    private static string StatusOf(RosterItem item) => item.State.HasTo() ? "active" : "pending";

    private ValueTask<CommandReply> AskWindowAsync(CommandContext context, CancellationToken cancel) => new(CommandReply.Ask(
        new DataForm("How long watchers are listed")
        {
            Instructions = ["Watchers, and how often they asked, are forgotten together after so many days without a sign of them: 1 to 365."],
            Fields = [new FormField("days", FieldType.TextSingle) { Label = "Days", IsRequired = true, Values = [watchers.DaysOf(context.Presentity).ToString(CultureInfo.InvariantCulture)] }],
        },
        SetWindowAsync));

    private ValueTask<CommandReply> SetWindowAsync(CommandContext context, CancellationToken cancel)
    {
        if (!int.TryParse(context.Form!.Text("days").Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int days) || days is < 1 or > 365)
            return new(CommandReply.Again("A number from 1 to 365."));
        lock (context.Presentity.Gate)
            watchers.Set(context.Presentity, head => head with { Days = days });
        return new(CommandReply.Done($"Watchers are listed for {WatcherWords.Number(days, "day")}."));
    }

    private static FormField Column(string name, string label, FieldType type = FieldType.TextSingle) => new(name, type) { Label = label };
}
