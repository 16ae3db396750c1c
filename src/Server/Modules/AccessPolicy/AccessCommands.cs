using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;

namespace PresenceXml.Server.Modules.AccessPolicy;

/// <summary>Access rules for people whose clients know nothing of them: three ad-hoc commands over the same rule document.</summary>
internal sealed class AccessCommands(AccessRules access, AccessUpdates updates, AccessRulesOptions options, Action<Presentity> changed)
{
    private const string Policy = AccessNamespaces.Policy;

    public void Register(ModuleBuilder module) => module
        .Command(AccessNamespaces.Own + "#show", "What somebody sees of my presence", AskWhomAsync)
        .Command(AccessNamespaces.Own + "#list", "My access rules", ListAsync)
        .Command(AccessNamespaces.Own + "#edit", "My access rules as text", AskTextAsync);

    private ValueTask<CommandReply> AskWhomAsync(CommandContext context, CancellationToken cancel)
    {
        string groups = string.Join(", ", context.Presentity.Roster.Items.SelectMany(static item => item.Groups).Distinct().Order(StringComparer.CurrentCulture).Take(50));
        return new(CommandReply.Ask(
            new DataForm("What somebody sees of my presence")
            {
                Instructions = ["Choose somebody, and what he or she is to see of you from now on. Nobody is told of the rule."],
                Fields =
                [
                    FormField.Choice("whom", "Whom", "contact", new FieldOption("contact", "a contact"), new FieldOption("group", "a group of my contacts"), new FieldOption("domain", "everybody of a domain"), new FieldOption("others", "people without a subscription")),
                    new FormField("name", FieldType.TextSingle) { Label = "Address, group or domain", Description = groups.Length > 0 ? $"Your groups: {groups}" : "Such as romeo@example.org" },
                    FormField.Choice("what", "Sees", "no-note", [.. SimpleRule.Choices.Select(static choice => new FieldOption(choice.Value, choice.Words)), new FieldOption("default", "what the subscription says (no rule)")]),
                ],
            },
            SetAsync));
    }

    private async ValueTask<CommandReply> SetAsync(CommandContext context, CancellationToken cancel)
    {
        FormData form = context.Form!;
        string what = form.Text("what");
        bool isDefault = what is "default" or "";
        string name = form.Text("whom") == "others" ? "" : form.Text("name").Trim();
        var rule = new SimpleRule(form.Text("whom"), name, isDefault ? "everything" : what);
        if (rule.Problem is { } problem)
            return CommandReply.Again(problem);
        if (rule.Whom is "contact" or "domain")
            rule = rule with { Name = Protocol.Jid.Parse(name).Bare.ToString() };
        IEnumerable<Element> others = Document(context.Presentity).Children.Where(child => child["id"] != rule.Id);
        string? wrong = await ReplaceAsync(context.Presentity, isDefault ? others : [.. others, rule.ToElement()]);
        return wrong is not null ? CommandReply.Again(wrong)
            : CommandReply.Done(isDefault ? "There is no such rule any more; the subscription decides." : $"From now on, {rule.Words}.");
    }

    private ValueTask<CommandReply> ListAsync(CommandContext context, CancellationToken cancel)
    {
        AccessRuleSet rules = access.State(context.Presentity).Rules;
        if (rules.Rules.IsEmpty)
            return new(CommandReply.Done("You have no access rules: subscribers see everything, others nothing."));
        FieldOption[] options = [.. rules.Rules.Select(rule => new FieldOption(rule.Id, SimpleRule.Of(rule, rules.Document!)?.Words ?? $"{rule.Id} (made by hand)"))];
        return new(CommandReply.Ask(
            new DataForm("My access rules")
            {
                Instructions = ["All of these hold. Choose those that are to go, if any."],
                Fields =
                [
                    .. options.Select(static option => FormField.Text(option.Label)),
                    new FormField("remove", FieldType.ListMulti) { Label = "Remove", Options = options },
                ],
            },
            RemoveAsync));
    }

    private async ValueTask<CommandReply> RemoveAsync(CommandContext context, CancellationToken cancel)
    {
        IReadOnlyList<string> ids = context.Form!.All("remove");
        if (ids.Count == 0)
            return CommandReply.Done("Nothing was changed.");
        string? wrong = await ReplaceAsync(context.Presentity, Document(context.Presentity).Children.Where(child => child["id"] is not { } id || !ids.Contains(id)));
        return wrong is not null ? CommandReply.Again(wrong) : CommandReply.Done(ids.Count == 1 ? "One rule was removed." : $"{ids.Count} rules were removed.");
    }

    private ValueTask<CommandReply> AskTextAsync(CommandContext context, CancellationToken cancel) => new(CommandReply.Ask(
        new DataForm("My access rules as text")
        {
            Instructions = ["A rule document of RFC 5025. An empty text removes all rules."],
            Fields = [new FormField("rules", FieldType.TextMulti) { Label = "Rules", Values = access.State(context.Presentity).Rules.Document?.ToString().Split('\n') ?? [] }],
        },
        SetTextAsync));

    private async ValueTask<CommandReply> SetTextAsync(CommandContext context, CancellationToken cancel)
    {
        string text = context.Form!.Text("rules").Trim();
        Element document;
        try
        {
            document = text.Length == 0 ? new Element(Policy, "ruleset") : Element.Parse(text);
        }
        catch (FormatException wrong)
        {
            return CommandReply.Again($"This is no XML: {wrong.Message}.");
        }
        return await ReplaceAsync(context.Presentity, document) is { } problem ? CommandReply.Again(problem) : CommandReply.Done("The rules are in force.");
    }

    private Element Document(Presentity presentity) => access.State(presentity).Rules.Document ?? new Element(Policy, "ruleset");

    private ValueTask<string?> ReplaceAsync(Presentity presentity, IEnumerable<Element> children) => ReplaceAsync(presentity, new Element(Policy, "ruleset", children));

    // Null when it was done.
    private async ValueTask<string?> ReplaceAsync(Presentity presentity, Element document)
    {
        if (options.MaxBytes > 0 && document.ToString().Length > options.MaxBytes)
            return $"A rule document can have at most {options.MaxBytes} bytes.";
        try
        {
            await updates.ReplaceAsync(presentity, null, document);
            changed(presentity);
            return null;
        }
        catch (RuleFormatException wrong)
        {
            return wrong.Message;
        }
    }
}
