using System.Globalization;
using System.Xml;
using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Roster;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules.Delivery;
using PresenceXml.Server.Rules.Delivery.Tests;

namespace PresenceXml.Server.Modules.Delivery;

/// <summary>Delivery rules for people whose clients know nothing of them: ad-hoc commands over the same rules. Each writes one rule of its own name.</summary>
/// <param name="find">The rules of an account.</param>
/// <param name="replace">Replaces them; false: they were changed meanwhile.</param>
internal sealed class DeliveryCommands(Func<Presentity, DeliveryRuleSet> find, Func<CommandContext, DeliveryRuleSet, ValueTask<bool>> replace)
{
    private const string Away = "away";
    private const string Redirecting = "redirect";
    private const string Changed = "The rules were changed meanwhile; begin again.";

    public void Register(ModuleBuilder module) => module
        .Command(DeliveryTest.Ns + "#strangers", "File strangers' messages away", AskStrangersAsync)
        .Command(DeliveryTest.Ns + "#away", "Away message", AskAwayAsync)
        .Command(DeliveryTest.Ns + "#redirect", "Redirect my messages", AskRedirectAsync)
        .Command(DeliveryTest.Ns + "#edit", "My delivery rules as text", AskTextAsync);

    private ValueTask<CommandReply> AskStrangersAsync(CommandContext context, CancellationToken cancel) => new(CommandReply.Ask(
        new DataForm("File strangers' messages away")
        {
            Instructions =
            [
                "Strangers are people who are not in your roster and to whom you never wrote. What is filed away lies in the box junk: it is not shown to you, it is not lost, and nobody is told.",
            ],
            Fields =
            [
                FormField.Choice("what", "File away", "all",
                    new FieldOption("all", "everything they write"), new FieldOption("links", "what has a link, a file or an invitation in it"),
                    new FieldOption("weak", "links, files and invitations from servers without a certificate"), new FieldOption("deliver", "nothing")),
                FormField.Flag("requests", "Also their requests to see my presence"),
                FormField.Flag("local", "Also strangers of this server"),
            ],
        },
        SetStrangersAsync));

    private ValueTask<CommandReply> SetStrangersAsync(CommandContext context, CancellationToken cancel)
    {
        DeliveryRule? rule = DeliveryDefaults.Rule(context.Form!.Text("what"), context.Form.Flag("requests"), context.Form.Flag("local"));
        return SetAsync(context, DeliveryDefaults.Name, rule, rule is null ? "Strangers' messages are delivered as any other." : "From now on they lie in the box junk.");
    }

    private ValueTask<CommandReply> AskAwayAsync(CommandContext context, CancellationToken cancel)
    {
        DeliveryAction? now = Find(context, Away, DeliveryActionKind.Reply);
        return new(CommandReply.Ask(
            new DataForm("Away message")
            {
                Instructions = ["Who writes to you is answered with this, each of them once in the given time. An empty text ends it."],
                Fields =
                [
                    new FormField("text", FieldType.TextMulti) { Label = "Answer", Values = now?.Text?.Split('\n') ?? [] },
                    FormField.Choice("when", "When", "offline", new FieldOption("offline", "while I am offline"), new FieldOption("always", "always")),
                    FormField.Choice("every", "To the same person", now is null ? "P1D" : XmlConvert.ToString(now.Every),
                        new FieldOption("PT1H", "once an hour"), new FieldOption("P1D", "once a day"), new FieldOption("P7D", "once a week")),
                    FormField.Flag("strangers", "Also people who do not see my presence: it tells them that I exist", now?.Discloses ?? false),
                ],
            },
            SetAwayAsync));
    }

    private ValueTask<CommandReply> SetAwayAsync(CommandContext context, CancellationToken cancel)
    {
        FormData form = context.Form!;
        string text = form.Text("text").Trim();
        if (text.Length == 0)
            return SetAsync(context, Away, null, "Nobody is answered any more.");
        if (text.Length > 1000)
            return new(CommandReply.Again("The answer can have 1000 characters."));
        var action = new DeliveryAction(DeliveryActionKind.Reply) { Text = text, Every = XmlConvert.ToTimeSpan(form.Text("every")), Discloses = form.Flag("strangers") };
        var rule = new DeliveryRule(Away, form.Text("when") == "always" ? [] : [new MyTest("offline", null)], [action]);
        return SetAsync(context, Away, rule, "From now on people who write to you are answered.");
    }

    private ValueTask<CommandReply> AskRedirectAsync(CommandContext context, CancellationToken cancel)
    {
        DeliveryAction? now = Find(context, Redirecting, DeliveryActionKind.Redirect);
        return new(CommandReply.Ask(
            new DataForm("Redirect my messages")
            {
                Instructions = ["A copy of what is written to you goes to this address, which must be subscribed to your presence. An empty address ends it."],
                Fields =
                [
                    new FormField("to", FieldType.JidSingle) { Label = "Address", Values = now?.To is { } to ? [to.ToString()] : [] },
                    FormField.Choice("when", "When", "always", new FieldOption("offline", "while I am offline"), new FieldOption("always", "always")),
                    FormField.Flag("copy", "I get them as well", now?.KeepsCopy ?? true),
                ],
            },
            SetRedirectAsync));
    }

    private ValueTask<CommandReply> SetRedirectAsync(CommandContext context, CancellationToken cancel)
    {
        FormData form = context.Form!;
        if (form.Address("to") is not { } to)
            return SetAsync(context, Redirecting, null, "Nothing is redirected any more.");
        if (to.Bare == context.Account)
            return new(CommandReply.Again("This is your own address."));
        // It would be left undone for each message; here is somebody to tell it to.
        if (context.Presentity.Contact(to.Bare)?.State.HasFrom() != true)
            return new(CommandReply.Again($"{to.Bare} is not subscribed to your presence: it has to ask for it first, and you to grant it."));
        var action = new DeliveryAction(DeliveryActionKind.Redirect) { To = to, KeepsCopy = form.Flag("copy") };
        var rule = new DeliveryRule(Redirecting, form.Text("when") == "always" ? [] : [new MyTest("offline", null)], [action]);
        return SetAsync(context, Redirecting, rule, action.KeepsCopy ? $"From now on {to} gets a copy." : $"From now on {to} gets them; yours lie in the box {Redirection.Box}.");
    }

    private ValueTask<CommandReply> AskTextAsync(CommandContext context, CancellationToken cancel) => new(CommandReply.Ask(
        new DataForm("My delivery rules as text")
        {
            Instructions = ["Rules as in docs/protocol/delivery-rules.md, looked at from the first to the last. An empty text removes all of them, also those of the server."],
            Fields =
            [
                new FormField("rules", FieldType.TextMulti) { Label = "Rules", Values = DeliveryText.Write(find(context.Presentity)) },
                new FormField("ver", FieldType.Hidden) { Values = [find(context.Presentity).Version.ToString(CultureInfo.InvariantCulture)] },
            ],
        },
        SetTextAsync));

    private async ValueTask<CommandReply> SetTextAsync(CommandContext context, CancellationToken cancel)
    {
        try
        {
            DeliveryRuleSet rules = DeliveryText.Read(context.Form!.Text("rules"));
            return await replace(context, rules.At(long.Parse(context.Form.Text("ver"), CultureInfo.InvariantCulture)))
                ? CommandReply.Done("The rules are in force.")
                : CommandReply.Fail(StanzaError.Conflict with { Text = Changed });
        }
        catch (FormatException wrong)
        {
            return CommandReply.Again(wrong.Message);
        }
    }

    private DeliveryAction? Find(CommandContext context, string name, DeliveryActionKind kind) =>
        find(context.Presentity).Rules.FirstOrDefault(rule => rule.Name == name)?.Actions.FirstOrDefault(action => action.Kind == kind);

    // In its place, or as the last one; null takes it away.
    private async ValueTask<CommandReply> SetAsync(CommandContext context, string name, DeliveryRule? rule, string done)
    {
        DeliveryRuleSet now = find(context.Presentity);
        List<DeliveryRule> rules = [.. now.Rules];
        int index = rules.FindIndex(other => other.Name == name);
        if (index >= 0)
            rules.RemoveAt(index);
        if (rule is not null)
            rules.Insert(index < 0 ? rules.Count : index, rule);
        if (rules.Count > DeliveryRuleSet.MaxRules)
            return CommandReply.Again($"There can be {DeliveryRuleSet.MaxRules} rules.");
        return await replace(context, new DeliveryRuleSet(now.Version, now.Demand, [.. rules], isDefault: false))
            ? CommandReply.Done(done)
            : CommandReply.Fail(StanzaError.Conflict with { Text = Changed });
    }
}
