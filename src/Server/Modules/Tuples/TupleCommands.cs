using System.Globalization;
using PresenceXml.Protocol.Forms;
using PresenceXml.Server.Presence.Documents;

namespace PresenceXml.Server.Modules.Tuples;

/// <summary>Virtual tuples for people whose clients know nothing of them: a note for the time away, and other addresses.</summary>
internal sealed class TupleCommands(VirtualTuples tuples, TuplePublication publication, TimeProvider clock)
{
    private const string Away = "away";

    public void Register(ModuleBuilder module) => module
        .Command(VirtualTuple.Ns + "#away", "A note while I am away", AskNoteAsync)
        .Command(VirtualTuple.Ns + "#addresses", "My other addresses", AskAddressesAsync);

    private ValueTask<CommandReply> AskNoteAsync(CommandContext context, CancellationToken cancel)
    {
        VirtualTuple? now = tuples.Of(context.Presentity).Find(Away);
        return new(CommandReply.Ask(
            new DataForm("A note while I am away")
            {
                Instructions = ["Your contacts see this note while none of your devices is connected, until the day you name. An empty note takes it away."],
                Fields =
                [
                    new FormField("note", FieldType.TextSingle) { Label = "Note", Values = now is { Notes: [{ } note, ..] } ? [note.Text] : [] },
                    new FormField("until", FieldType.TextSingle) { Label = "Last day", Description = "As 2026-12-31; empty for no end", Values = now?.Until is { } until ? [until.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)] : [] },
                    FormField.Flag("resource", "Show it as a device that is away, so that it is seen in every client", now?.ShownAs == TupleShownAs.Resource),
                ],
            },
            SetNoteAsync));
    }

    private async ValueTask<CommandReply> SetNoteAsync(CommandContext context, CancellationToken cancel)
    {
        string note = context.Form!.Text("note").Trim();
        if (note.Length == 0)
            return CommandReply.Done(await publication.RetractAsync(context.Presentity, Away) ? "The note is gone." : "There is no note.");
        if (note.Length > 1000)
            return CommandReply.Again("A note has at most 1000 characters.");
        DateTimeOffset? until = null;
        if (context.Form.Text("until").Trim() is { Length: > 0 } day)
        {
            if (!DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly last))
                return CommandReply.Again($"\"{day}\" is no day such as 2026-12-31.");
            if (last == DateOnly.MaxValue)
                return CommandReply.Again("That is the last of days: leave it empty for no end.");
            until = new DateTimeOffset(last.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero);
            if (until <= clock.GetUtcNow())
                return CommandReply.Again("That day is over.");
        }
        var tuple = new VirtualTuple(Away, IsOpen: false)
        {
            Show = "xa",
            Notes = [new PresenceNote(note, null)],
            Until = until,
            Time = clock.GetUtcNow(),
            ShownAs = context.Form.Flag("resource") ? TupleShownAs.Resource : TupleShownAs.Status,
        };
        return await publication.PublishAsync(context.Presentity, tuple)
            ? CommandReply.Done(until is null ? "The note is shown until you take it away." : $"The note is shown until the end of {context.Form.Text("until").Trim()}.")
            : CommandReply.Again($"You have {TuplePublication.Most} tuples already.");
    }

    private ValueTask<CommandReply> AskAddressesAsync(CommandContext context, CancellationToken cancel)
    {
        VirtualTuple[] now = [.. tuples.Of(context.Presentity).All.Where(static tuple => tuple.Contact is not null)];
        return new(CommandReply.Ask(
            new DataForm("My other addresses")
            {
                Instructions = ["Where you can be reached by other means, for those who ask for your presence and may see it."],
                Fields =
                [
                    new FormField("uri", FieldType.TextSingle) { Label = "Add an address", Description = "A URI: tel:+1-303-555-1212, mailto:juliet@example.org, sip:juliet@example.org" },
                    FormField.Choice("basic", "At the moment", "open", new FieldOption("open", "I can be reached there"), new FieldOption("closed", "I cannot be reached there")),
                    new FormField("note", FieldType.TextSingle) { Label = "Note" },
                    new FormField("remove", FieldType.ListMulti)
                    {
                        Label = "Remove",
                        Options = [.. now.Select(static tuple => new FieldOption(tuple.Id, $"{tuple.Contact} ({(tuple.IsOpen ? "open" : "closed")})"))],
                    },
                ],
            },
            SetAddressesAsync));
    }

    private async ValueTask<CommandReply> SetAddressesAsync(CommandContext context, CancellationToken cancel)
    {
        string text = context.Form!.Text("uri").Trim();
        string? uri = null;
        if (text.Length > 0 && !PresenceUri.TryParse(text, out uri))
            return CommandReply.Again($"\"{text}\" is no address by which you are reached, such as tel:+1-303-555-1212.");
        foreach (string id in context.Form.All("remove"))
            await publication.RetractAsync(context.Presentity, id);
        if (uri is null)
            return CommandReply.Done("Done.");
        // One tuple for each address.
        string name = tuples.Of(context.Presentity).All.FirstOrDefault(tuple => tuple.Contact == uri)?.Id ?? Free(context);
        string note = context.Form.Text("note").Trim();
        var added = new VirtualTuple(name, context.Form.Text("basic") != "closed")
        {
            Contact = uri,
            Notes = note.Length > 0 ? [new PresenceNote(note, null)] : [],
            Time = clock.GetUtcNow(),
        };
        return await publication.PublishAsync(context.Presentity, added)
            ? CommandReply.Done($"{uri} is {(added.IsOpen ? "open" : "closed")} now.")
            : CommandReply.Again($"You have {TuplePublication.Most} tuples already.");
    }

    private string Free(CommandContext context) =>
        Enumerable.Range(1, TuplePublication.Most + 1).Select(number => string.Create(CultureInfo.InvariantCulture, $"address-{number}")).First(id => tuples.Of(context.Presentity).Find(id) is null);
}
