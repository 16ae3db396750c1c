namespace PresenceXml.Server.Tests.Disclosure;

/// <summary>One way to ask, and what is sent on it.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Xml">Stanzas; <c>{to}</c>, <c>{full}</c> and <c>{guess}</c> are the bare address asked about, its connected resource, and one it never had.</param>
/// <param name="ReachesResource">Whoever knows a connected resource reaches it: that it took something is no secret then.</param>
/// <param name="IsRequest">A subscription is asked for: access rules that decide it answer at once (RFC 2779 §5.1.5, §5.1.15), which only an account can.</param>
internal sealed record WatcherPath(string Name, string Xml, bool ReachesResource = false, bool IsRequest = false)
{
    private static readonly string[] Types = ["chat", "normal", "headline", "groupchat", "error"];

    /// <summary>What iqs ask for. A new protocol adds its requests here.</summary>
    private static readonly (string Name, string Type, string Payload)[] Requests =
    [
        ("unknown get", "get", "<q xmlns='urn:example:q'/>"),
        ("unknown set", "set", "<q xmlns='urn:example:q'/>"),
        ("ping", "get", "<ping xmlns='urn:xmpp:ping'/>"),
        ("version", "get", "<query xmlns='jabber:iq:version'/>"),
        ("time", "get", "<time xmlns='urn:xmpp:time'/>"),
        ("last activity", "get", "<query xmlns='jabber:iq:last'/>"),
        ("disco info", "get", "<query xmlns='http://jabber.org/protocol/disco#info'/>"),
        ("disco info of a node", "get", "<query xmlns='http://jabber.org/protocol/disco#info' node='nonsense'/>"),
        ("disco info of commands", "get", "<query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/commands'/>"),
        ("disco info of waiting messages", "get", "<query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/offline'/>"),
        ("disco items", "get", "<query xmlns='http://jabber.org/protocol/disco#items'/>"),
        ("disco items of a node", "get", "<query xmlns='http://jabber.org/protocol/disco#items' node='nonsense'/>"),
        ("disco items of commands", "get", "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/>"),
        ("vCard", "get", "<vCard xmlns='vcard-temp'/>"),
        ("setting a vCard", "set", "<vCard xmlns='vcard-temp'><FN>x</FN></vCard>"),
        ("roster", "get", "<query xmlns='jabber:iq:roster'/>"),
        ("setting a roster", "set", "<query xmlns='jabber:iq:roster'><item jid='a@b.example'/></query>"),
        ("block list", "get", "<blocklist xmlns='urn:xmpp:blocking'/>"),
        ("block", "set", "<block xmlns='urn:xmpp:blocking'><item jid='a@b.example'/></block>"),
        ("privacy lists", "get", "<query xmlns='jabber:iq:privacy'/>"),
        ("invisible", "set", "<invisible xmlns='urn:xmpp:invisible:1'/>"),
        ("private storage", "get", "<query xmlns='jabber:iq:private'><x xmlns='urn:example:x'/></query>"),
        ("registration", "get", "<query xmlns='jabber:iq:register'/>"),
        ("cancelling an account", "set", "<query xmlns='jabber:iq:register'><remove/></query>"),
        ("archive", "set", "<query xmlns='urn:xmpp:mam:2'/>"),
        ("archive metadata", "get", "<metadata xmlns='urn:xmpp:mam:2'/>"),
        ("archive form", "get", "<query xmlns='urn:xmpp:mam:2'/>"),
        ("archive preferences", "get", "<prefs xmlns='urn:xmpp:mam:2'/>"),
        ("waiting messages", "get", "<offline xmlns='http://jabber.org/protocol/offline'><fetch/></offline>"),
        ("carbons", "set", "<enable xmlns='urn:xmpp:carbons:2'/>"),
        ("clients", "get", "<list xmlns='urn:xmpp:cam:0'/>"),
        ("a command", "set", "<command xmlns='http://jabber.org/protocol/commands' node='urn:x-presencexml:access:0#list' action='execute'/>"),
        ("pubsub items", "get", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:ietf:params:xml:ns:pidf'/></pubsub>"),
        ("fetch", "get", "<fetch xmlns='urn:x-presencexml:fetch:0'/>"),
        ("fetch of stanzas", "get", "<fetch xmlns='urn:x-presencexml:fetch:0' format='all'/>"),
        ("fetch of nonsense", "get", "<fetch xmlns='urn:x-presencexml:fetch:0' format='moon'/>"),
        ("inbox", "get", "<boxes xmlns='urn:x-presencexml:inbox:0'/>"),
        ("watchers", "get", "<watchers xmlns='urn:x-presencexml:watchers:0'/>"),
        ("visibility", "get", "<visibility xmlns='urn:x-presencexml:visibility:0'/>"),
        ("access rules", "get", "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy'/>"),
        ("setting access rules", "set", "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy'/>"),
        ("delivery rules", "get", "<delivery xmlns='urn:x-presencexml:delivery:0'/>"),
        ("inbox", "get", "<inbox xmlns='urn:x-presencexml:inbox:0'/>"),
        ("tuples", "get", "<tuples xmlns='urn:x-presencexml:tuple:0'/>"),
        ("setting a tuple", "set", "<tuple xmlns='urn:x-presencexml:tuple:0' id='a'><basic>open</basic></tuple>"),
    ];

    /// <summary>Every path there is.</summary>
    public static IReadOnlyList<WatcherPath> All { get; } = [.. Messages(), .. Presences(), .. Iqs()];

    public override string ToString() => Name;

    /// <summary>May an account in this state answer otherwise than nobody would? See docs/protocol/no-disclosure.md §3 and §8.</summary>
    public bool IsExcepted(Presented state) => (ReachesResource && IsConnected(state)) || (IsRequest && DecidesRequests(state));

    /// <summary>A resource is connected, and what the stranger sends it is not turned away.</summary>
    public static bool IsConnected(Presented state) => state is Presented.Online or Presented.Silent or Presented.Negative or Presented.Watched or Presented.Watching
        or Presented.RuleBlocking or Presented.PoliteBlocking or Presented.Confirming or Presented.WithoutPresence;

    /// <summary>A rule of the account answers requests.</summary>
    public static bool DecidesRequests(Presented state) => state is Presented.RuleBlocking or Presented.RuleBlockingOffline or Presented.PoliteBlocking or Presented.PoliteBlockingOffline;

    /// <summary>What is sent to ask about this account of ours.</summary>
    public static string Addressed(string xml, string account) => xml
        .Replace("{to}", $"{account}@localhost", StringComparison.Ordinal)
        .Replace("{full}", $"{account}@localhost/{DisclosureScene.Resource}", StringComparison.Ordinal)
        .Replace("{guess}", $"{account}@localhost/guess", StringComparison.Ordinal);

    private static IEnumerable<WatcherPath> Messages()
    {
        foreach (string type in Types)
        {
            foreach (string to in new[] { "{to}", "{guess}", "{full}" })
                yield return new($"message {type} to {to}", $"<message to='{to}' type='{type}' id='m1'><body>Good e'en</body></message>", to == "{full}");
        }
        yield return new("message without type", "<message to='{to}' id='m1'><body>Good e'en</body></message>");
        yield return new("chat state", "<message to='{to}' type='chat' id='m1'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>");
        yield return new("asking for a receipt", "<message to='{to}' type='chat' id='m1'><body>Hm?</body><request xmlns='urn:xmpp:receipts'/></message>");
        yield return new("invitation to a room", "<message to='{to}' id='m1'><x xmlns='jabber:x:conference' jid='room@rooms.example'/></message>");
    }

    private static IEnumerable<WatcherPath> Presences()
    {
        foreach (string to in new[] { "{to}", "{guess}", "{full}" })
        {
            yield return new($"available to {to}", $"<presence to='{to}' id='p1'/>");
            yield return new($"unavailable to {to}", $"<presence to='{to}' type='unavailable' id='p1'/>");
            yield return new($"probe to {to}", $"<presence to='{to}' type='probe' id='p1'/>");
        }
        yield return new("subscribing and thinking better of it", "<presence to='{to}' type='subscribe' id='s1'/><presence to='{to}' type='probe' id='p1'/><presence to='{to}' type='unsubscribe' id='s2'/>", IsRequest: true);
        yield return new("unsubscribe", "<presence to='{to}' type='unsubscribe' id='s1'/>");
        yield return new("subscribed", "<presence to='{to}' type='subscribed' id='s1'/>");
        yield return new("unsubscribed", "<presence to='{to}' type='unsubscribed' id='s1'/>");
    }

    private static IEnumerable<WatcherPath> Iqs()
    {
        foreach ((string name, string type, string payload) in Requests)
        {
            foreach (string to in new[] { "{to}", "{guess}", "{full}" })
                yield return new($"{name} to {to}", $"<iq to='{to}' type='{type}' id='i1'>{payload}</iq>");
        }
        // Who asks again and again is slowed down where there is somebody (POLLER); a stranger must not be.
        yield return new("polling", string.Concat(Enumerable.Repeat("<iq to='{to}' type='get' id='i1'><fetch xmlns='urn:x-presencexml:fetch:0'/></iq><presence to='{to}' type='probe' id='p1'/>", 20)));
        foreach (string to in new[] { "{to}", "{guess}", "{full}" })
            yield return new($"an answer nobody asked for to {to}", $"<iq to='{to}' type='result' id='i1'/>");
    }
}
