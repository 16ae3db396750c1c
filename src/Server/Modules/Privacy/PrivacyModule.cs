using System.Globalization;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence;
using PresenceXml.Server.Rules.Privacy;
using PresenceXml.Server.Sessions;

namespace PresenceXml.Server.Modules.Privacy;

/// <summary>
/// XEP-0016: Privacy Lists 1.7, for clients that know nothing newer. A request is done whole or not at all; watchers are told the difference by
/// <see cref="PrivacyChanges"/>. A list is about what comes from then on: a message that was accepted before is delivered.
/// </summary>
internal sealed class PrivacyModule(PrivacyLists lists, PrivacyChanges changes) : IModule
{
    private PrivacyOptions options = null!;
    private long pushes;

    public void Register(ModuleBuilder module)
    {
        options = module.Options<PrivacyOptions>("privacyLists");
        lists.IsOn = options.Enabled;
        if (!options.Enabled)
            return;
        var rules = new PrivacyRules(lists);
        module
            .Feature(Addressee.Domain, PrivacyForm.Ns)
            .Feature(Addressee.Account, PrivacyForm.Ns)
            .OnGet(Addressee.Account, PrivacyForm.Ns, "query", (iq, _) => new(Get(iq)))
            .OnSet(Addressee.Account, PrivacyForm.Ns, "query", (iq, _) => SetAsync(iq))
            .OnReceive<Stanza>(rules.OnReceive)
            .OnSend<Stanza>(rules.OnSend);
    }

    // §2.3
    private IqReply Get(IqContext iq)
    {
        PrivacyState state = lists.State(iq.Presentity!);
        Element[] asked = [.. iq.Payload.Children];
        if (asked.Length == 0)
        {
            return new Element(PrivacyForm.Ns, "query",
                iq.Session!.PrivacyList is { } active ? PrivacyForm.Named("active", active.Name) : null,
                state.Default is { } standard ? PrivacyForm.Named("default", standard.Name) : null,
                state.Lists.Keys.Select(static name => PrivacyForm.Named("list", name)));
        }
        if (asked.Length > 1 || !asked[0].Is(PrivacyForm.Ns, "list") || asked[0]["name"] is not { } wanted)
            return StanzaError.BadRequest;
        return state.Lists.TryGetValue(wanted, out PrivacyList? list)
            ? new Element(PrivacyForm.Ns, "query", PrivacyForm.Write(list))
            : StanzaError.ItemNotFound;
    }

    private async ValueTask<IqReply> SetAsync(IqContext iq)
    {
        Element[] asked = [.. iq.Payload.Children];
        if (asked.Length != 1 || asked[0].Namespace != PrivacyForm.Ns)
            return StanzaError.BadRequest;
        Element element = asked[0];
        ClientSession session = iq.Session!;
        Presentity presentity = iq.Presentity!;
        PrivacyChanges.Told told;
        lock (presentity.Gate)
        {
            StanzaError? error = element.LocalName switch
            {
                "active" => Activate(session, element["name"], out told),
                "default" => MakeDefault(session, element["name"], out told),
                "list" when element["name"] is null => Nothing(StanzaError.BadRequest, out told),
                "list" when element.Children.Any() => Replace(session, element, out told),
                "list" => Remove(session, element["name"]!, out told),
                _ => Nothing(StanzaError.BadRequest, out told),
            };
            if (error is not null)
                return error;
        }
        await changes.FinishAsync(presentity, told);
        return IqReply.Done;
    }

    // §2.4
    private StanzaError? Activate(ClientSession session, string? name, out PrivacyChanges.Told told)
    {
        PrivacyList? list = null;
        if (name is not null && !lists.State(session.Presentity).Lists.TryGetValue(name, out list))
            return Nothing(StanzaError.ItemNotFound, out told);
        told = changes.Apply(session.Presentity, null, () => session.PrivacyList = list);
        return null;
    }

    // §2.5
    private StanzaError? MakeDefault(ClientSession session, string? name, out PrivacyChanges.Told told)
    {
        PrivacyState state = lists.State(session.Presentity);
        PrivacyList? list = null;
        if (name is not null && !state.Lists.TryGetValue(name, out list))
            return Nothing(StanzaError.ItemNotFound, out told);
        if (state.Default is not null && state.Default != list && IsDefaultOfAnother(session))
            return Nothing(StanzaError.Conflict, out told);
        told = changes.Apply(session.Presentity, state with { Default = list }, null);
        return null;
    }

    // §2.6, §2.7
    private StanzaError? Replace(ClientSession session, Element element, out PrivacyChanges.Told told)
    {
        Presentity presentity = session.Presentity;
        PrivacyState state = lists.State(presentity);
        if (PrivacyForm.Read(element) is not { } list)
            return Nothing(StanzaError.BadRequest, out told);
        if (list.Items.Any(item => item.Group is { } group && !presentity.Roster.Items.Any(contact => contact.InRoster && contact.Groups.Contains(group))))
            return Nothing(StanzaError.ItemNotFound with { Text = "There is no such group on the roster." }, out told);
        PrivacyState next = state with { Lists = state.Lists.SetItem(list.Name, list), Default = state.Default?.Name == list.Name ? list : state.Default };
        if ((options.MaxLists > 0 && next.Lists.Count > options.MaxLists && next.Lists.Count > state.Lists.Count)
            || (options.MaxItems > 0 && next.Items > options.MaxItems && next.Items > state.Items))
        {
            return Nothing(StanzaError.PolicyViolation with { Text = "There are too many lists, or too many items in them." }, out told);
        }
        told = changes.Apply(presentity, next, () => Follow(presentity, list.Name, list));
        Push(presentity, list.Name);
        return null;
    }

    // §2.8: where only the one who asks uses it, nothing applies to him afterwards.
    private StanzaError? Remove(ClientSession session, string name, out PrivacyChanges.Told told)
    {
        Presentity presentity = session.Presentity;
        PrivacyState state = lists.State(presentity);
        if (!state.Lists.ContainsKey(name))
            return Nothing(StanzaError.ItemNotFound, out told);
        bool isDefault = state.Default?.Name == name;
        if (presentity.Sessions.Any(other => other != session && other.PrivacyList?.Name == name) || (isDefault && IsDefaultOfAnother(session)))
            return Nothing(StanzaError.Conflict, out told);
        PrivacyState next = state with { Lists = state.Lists.Remove(name), Default = isDefault ? null : state.Default };
        told = changes.Apply(presentity, next, () => Follow(presentity, name, null));
        Push(presentity, name);
        return null;
    }

    private static void Follow(Presentity presentity, string name, PrivacyList? list)
    {
        foreach (ClientSession session in presentity.SessionSpan)
        {
            if (session.PrivacyList?.Name == name)
                session.PrivacyList = list;
        }
    }

    private static bool IsDefaultOfAnother(ClientSession session) =>
        session.Presentity.Sessions.Any(other => other != session && other.PrivacyList is null);

    private static StanzaError? Nothing(StanzaError error, out PrivacyChanges.Told told)
    {
        told = default;
        return error;
    }

    // §2.2: only the name, to all connected resources.
    private void Push(Presentity presentity, string name)
    {
        var content = StanzaContent.Of(new Element(PrivacyForm.Ns, "query", PrivacyForm.Named("list", name)));
        foreach (ClientSession session in presentity.SessionSpan)
        {
            session.Push(new Iq
            {
                Type = IqType.Set,
                Id = string.Create(CultureInfo.InvariantCulture, $"privacy-{Interlocked.Increment(ref pushes)}"),
                To = session.Address,
                Content = content,
            });
        }
    }
}
