using System.Collections.Immutable;
using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Privacy;

/// <summary>Privacy lists as XML (XEP-0016 1.7 §2.1), which is also the form they are stored in.</summary>
internal static class PrivacyForm
{
    public const string Ns = "jabber:iq:privacy";

    private static readonly string[] KindNames = ["message", "iq", "presence-in", "presence-out"];

    /// <summary>Reads a list; null when something in it is not in order.</summary>
    public static PrivacyList? Read(Element list)
    {
        if (list["name"] is not { } name)
            return null;
        var items = ImmutableArray.CreateBuilder<PrivacyItem>();
        foreach (Element child in list.Children)
        {
            if (!child.Is(Ns, "item") || ReadItem(child) is not { } item)
                return null;
            items.Add(item);
        }
        items.Sort(static (one, other) => one.Order.CompareTo(other.Order));
        for (int i = 1; i < items.Count; i++)
        {
            if (items[i].Order == items[i - 1].Order)
                return null;
        }
        return new PrivacyList(name, items.ToImmutable());
    }

    /// <summary>A list with its items.</summary>
    public static Element Write(PrivacyList list) => Named("list", list.Name, list.Items.Select(Write));

    /// <summary>Something of a list by its name.</summary>
    public static Element Named(string element, string name, IEnumerable<Element>? items = null) =>
        new(Ns, element, new XmlAttribute("name", name), items ?? []);

    /// <summary>All lists, and which is the default.</summary>
    public static Element WriteState(PrivacyState state) =>
        new(Ns, "query", state.Default is { } list ? Named("default", list.Name) : null, state.Lists.Values.Select(Write));

    /// <summary>What <see cref="WriteState"/> wrote.</summary>
    /// <exception cref="FormatException">It is not that.</exception>
    public static PrivacyState ReadState(Element query)
    {
        PrivacyState state = PrivacyState.Empty;
        foreach (Element child in query.Children.Where(static child => child.LocalName == "list"))
        {
            PrivacyList list = Read(child) ?? throw new FormatException("A stored privacy list is not in order.");
            state = state with { Lists = state.Lists.SetItem(list.Name, list) };
        }
        return query.Child(Ns, "default")?["name"] is { } name ? state with { Default = state.Lists[name] } : state;
    }

    private static PrivacyItem? ReadItem(Element element)
    {
        if (!uint.TryParse(element["order"], NumberStyles.None, CultureInfo.InvariantCulture, out uint order) || element["action"] is not ("allow" or "deny"))
            return null;
        PrivacyKinds kinds = PrivacyKinds.None;
        foreach (Element child in element.Children)
        {
            PrivacyKinds kind = child.Namespace == Ns ? Kind(child.LocalName) : PrivacyKinds.None;
            if (kind == PrivacyKinds.None)
                return null;
            kinds |= kind;
        }
        var item = new PrivacyItem(order, element["action"] == "allow", kinds == PrivacyKinds.None ? PrivacyKinds.All : kinds);
        string? value = element["value"];
        return element["type"] switch
        {
            null => item,
            "jid" => Jid.TryParse(value ?? "", out Jid? jid) ? item with { Jid = jid } : null,
            "group" => value is { Length: > 0 } ? item with { Group = value } : null,
            "subscription" => value is "both" or "to" or "from" or "none" ? item with { Subscription = value } : null,
            _ => null,
        };
    }

    private static PrivacyKinds Kind(string name) => name switch
    {
        "message" => PrivacyKinds.Message,
        "iq" => PrivacyKinds.Iq,
        "presence-in" => PrivacyKinds.PresenceIn,
        "presence-out" => PrivacyKinds.PresenceOut,
        _ => PrivacyKinds.None,
    };

    private static Element Write(PrivacyItem item)
    {
        (string? type, string? value) = item switch
        {
            { Jid: { } jid } => ("jid", jid.ToString()),
            { Group: { } group } => ("group", group),
            { Subscription: { } subscription } => ("subscription", subscription),
            _ => ((string?)null, (string?)null),
        };
        IEnumerable<Element> kinds = item.Kinds == PrivacyKinds.All
            ? []
            : KindNames.Where(name => (item.Kinds & Kind(name)) != 0).Select(static name => new Element(Ns, name));
        return new Element(Ns, "item", kinds)
            .With("type", type).With("value", value)
            .With("action", item.IsAllowed ? "allow" : "deny").With("order", item.Order.ToString(CultureInfo.InvariantCulture));
    }
}
