using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Federation;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Appearance;

namespace PresenceXml.Server.Modules.Watching;

/// <summary>
/// VISIBILITY RULES (RFC 2778 §2.4) for their owner, a watcher, and the hint that goes with what he asks of other servers. docs/protocol/visibility.md.
/// </summary>
internal sealed class VisibilityModule(VisibilityRules visibility, LocalDomains domains) : IModule
{
    private const string Ns = VisibilityRuleSet.Ns;

    private VisibilityOptions options = null!;

    public void Register(ModuleBuilder module)
    {
        options = module.Options<VisibilityOptions>("visibility");
        module
            .Feature(Addressee.Domain, Ns)
            .Feature(Addressee.Account, Ns)
            .OnGet(Addressee.Account, Ns, "visibility", (iq, _) => new(visibility.Of(iq.Presentity!).ToElement()))
            .OnSet(Addressee.Account, Ns, "visibility", SetAsync)
            .OnSend<Protocol.Stanzas.Fetch>(Hint)
            .OnSend<Subscribe>(Hint)
            .Command(Ns + "#rules", "How I appear to those I watch", AskAsync);
    }

    private async ValueTask<IqReply> SetAsync(IqContext iq, CancellationToken cancel)
    {
        if (VisibilityRuleSet.Read(iq.Payload, out string? problem) is not { } rules)
            return StanzaError.BadRequest with { Text = problem };
        if (options.MaxRules > 0 && rules.Rules.Count > options.MaxRules)
            return StanzaError.PolicyViolation with { Text = $"There can be at most {options.MaxRules} rules." };
        await visibility.ReplaceAsync(iq.Presentity!, rules);
        return IqReply.Done;
    }

    // What a client says of itself is not believed: its account's rules are, and they go along to other servers only.
    private Verdict Hint<T>(in RuleContext<T> context) where T : Stanza
    {
        Stanza stanza = context.Stanza;
        if (stanza is Subscribe { Type: not SubscribeType.Subscribe })
            return Verdict.Pass;
        bool hasHint = stanza.Content.Has(Ns, "visibility");
        VisibilityRuleSet rules = visibility.Of(context.Owner);
        bool isPlain = ReferenceEquals(rules, VisibilityRuleSet.Empty) || domains.IsLocal(context.Peer);
        if (isPlain && !hasHint)
            return Verdict.Pass;
        StanzaContent content = stanza.Content.Without(static (child, content) => content.Child(child).Is(Ns, "visibility"));
        if (!isPlain)
        {
            Visibility show = rules.Of(context.Peer.Bare, context.Owner.Contact(context.Peer.Bare));
            content = content.With(new Element(Ns, "visibility", new XmlAttribute("show", VisibilityRuleSet.Word(show))));
        }
        return Verdict.Replace(stanza with { Content = content });
    }

    private ValueTask<CommandReply> AskAsync(CommandContext context, CancellationToken cancel)
    {
        VisibilityRuleSet rules = visibility.Of(context.Presentity);
        string groups = string.Join(", ", context.Presentity.Roster.Items.SelectMany(static item => item.Groups).Distinct().Order(StringComparer.CurrentCulture).Take(50));
        FieldOption[] values =
        [
            new("full", "by name, with times"), new("coarse", "by name, with the day only"), new("count", "as one of several without a name"), new("none", "not at all"),
        ];
        return new(CommandReply.Ask(
            new DataForm("How I appear to those I watch")
            {
                Instructions =
                [
                    "What others see of you when they look who watches them. They may turn hidden watchers away. A request for a subscription always shows who asks.",
                    groups.Length > 0 ? $"Your groups: {groups}" : "A rule is for jid:somebody@example.org, for domain:example.org or for group:Work.",
                ],
                Fields =
                [
                    FormField.Choice("default", "Otherwise", VisibilityRuleSet.Word(rules.Default), values),
                    new FormField("rules", FieldType.TextMulti)
                    {
                        Label = "Rules, one a line; the first that fits holds",
                        Description = "Such as: group:Work coarse",
                        Values = [.. rules.ToElement().Children.Where(static child => child.LocalName == "rule").Select(static child => $"{child["for"]} {child["show"]}")],
                    },
                ],
            },
            SetFormAsync));
    }

    private async ValueTask<CommandReply> SetFormAsync(CommandContext context, CancellationToken cancel)
    {
        string[] lines = [.. context.Form!.All("rules").Select(static line => line.Trim()).Where(static line => line.Length > 0)];
        var document = new Element(
            Ns, "visibility",
            lines.Select(static line => line.LastIndexOf(' ') is > 0 and int space
                ? new Element(Ns, "rule", new XmlAttribute("for", line[..space].Trim()), new XmlAttribute("show", line[(space + 1)..]))
                : new Element(Ns, "rule", new XmlAttribute("for", line))),
            new Element(Ns, "default", new XmlAttribute("show", context.Form.Text("default"))));
        if (VisibilityRuleSet.Read(document, out string? problem) is not { } rules)
            return CommandReply.Again($"{problem}.");
        if (options.MaxRules > 0 && rules.Rules.Count > options.MaxRules)
            return CommandReply.Again($"There can be at most {options.MaxRules} rules.");
        await visibility.ReplaceAsync(context.Presentity, rules);
        return CommandReply.Done("From now on you appear so.");
    }
}
