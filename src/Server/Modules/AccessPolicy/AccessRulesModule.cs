using System.Collections.Immutable;
using System.Globalization;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Access;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules.AccessPolicy;

/// <summary>
/// ACCESS RULES (RFC 2778 §2.4) for their owner: a rule document (RFC 4745, RFC 5025), read and replaced as a whole. docs/protocol/access-rules.md.
/// </summary>
internal sealed class AccessRulesModule(AccessRules access, AccessUpdates updates) : IModule
{
    private const string Policy = AccessNamespaces.Policy;

    private AccessRulesOptions options = null!;
    private AccountState<Asked> asked = null!;
    private long pushes;

    public void Register(ModuleBuilder module)
    {
        options = module.Options<AccessRulesOptions>("accessRules");
        access.IsOn = options.Enabled;
        if (!options.Enabled)
            return;
        asked = module.OpenAccountState(static (_, _) => new ValueTask<Asked>(Asked.Nobody));
        module
            .Feature(Addressee.Domain, AccessNamespaces.Own)
            .Feature(Addressee.Account, AccessNamespaces.Own)
            .OnGet(Addressee.Account, Policy, "ruleset", GetAsync)
            .OnSet(Addressee.Account, Policy, "ruleset", SetAsync);
        new AccessCommands(access, updates, options, Push).Register(module);
    }

    private async ValueTask<IqReply> GetAsync(IqContext iq, CancellationToken cancel)
    {
        if (iq.Payload.Children.Any())
            return StanzaError.BadRequest;
        Presentity presentity = iq.Presentity!;
        if (iq.Session is not { } session)
            return Document(presentity);
        await session.Outbox.WaitForRoomAsync(cancel);
        lock (presentity.Gate)
        {
            asked.Set(presentity, new Asked(asked.Of(presentity).Sessions.Intersect(presentity.Sessions).Add(session)));
            // Put into the outbox here, so that no push of a later change overtakes it.
            session.Outbox.Answer(iq.Request.ToResult(Document(presentity)));
        }
        return IqReply.Sent;
    }

    private async ValueTask<IqReply> SetAsync(IqContext iq, CancellationToken cancel)
    {
        if (options.MaxBytes > 0 && iq.Request.Content.Length > options.MaxBytes)
            return StanzaError.PolicyViolation with { Text = $"A rule document can have at most {options.MaxBytes} bytes." };
        try
        {
            string? version = await updates.ReplaceAsync(iq.Presentity!, iq.Payload["version"], iq.Payload.With("version", null));
            if (version is null)
                return StanzaError.Conflict with { Text = "The rules are of another version by now." };
        }
        catch (RuleFormatException wrong)
        {
            return StanzaError.BadRequest with { Text = wrong.Message };
        }
        Push(iq.Presentity!);
        return new Element(Policy, "ruleset", new XmlAttribute("version", access.State(iq.Presentity!).Rules.Version));
    }

    private Element Document(Presentity presentity)
    {
        AccessRuleSet rules = access.State(presentity).Rules;
        return (rules.Document ?? new Element(Policy, "ruleset")).With("version", rules.Version);
    }

    private void Push(Presentity presentity)
    {
        lock (presentity.Gate)
        {
            Element document = Document(presentity);
            foreach (ClientSession session in presentity.Sessions.Where(asked.Of(presentity).Sessions.Contains))
            {
                session.Push(new Iq
                {
                    Type = IqType.Set,
                    Id = string.Create(CultureInfo.InvariantCulture, $"access-{Interlocked.Increment(ref pushes)}"),
                    To = session.Address,
                    Content = StanzaContent.Of(document),
                });
            }
        }
    }

    /// <summary>The sessions that read the rules and so are told of changes.</summary>
    private sealed record Asked(ImmutableHashSet<ClientSession> Sessions)
    {
        public static readonly Asked Nobody = new([]);
    }
}
