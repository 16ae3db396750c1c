using System.Diagnostics.CodeAnalysis;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.Inbox;

/// <summary>Reads what requests have in common.</summary>
internal static class InboxRequest
{
    /// <summary>The box that an attribute names; the inbox itself where there is none. False: there can be no such box.</summary>
    public static bool TryReadBox(string? name, [NotNullWhen(true)] out string? box)
    {
        box = name is null or InboxStore.Main ? "" : InboxStore.IsBoxName(name) ? name : null;
        return box is not null;
    }

    /// <summary>The ids of the items of a request. An error when there is none, too many, or something else.</summary>
    public static StanzaError? ReadIds(Element payload, out IReadOnlyList<string> ids)
    {
        var read = new List<string>();
        ids = read;
        foreach (Element item in payload.Children)
        {
            if (!item.Is(InboxModule.Ns, "item") || item["id"] is not { } id)
                return Bad($"<{item.LocalName}/> is no item with an id.");
            if (!read.Contains(id))
                read.Add(id);
        }
        return read.Count == 0 ? Bad("No item is named.")
            : read.Count > InboxReader.LargestPage ? StanzaError.PolicyViolation with { Text = $"At most {InboxReader.LargestPage} items in one request." }
            : null;
    }

    /// <summary>What is wrong with the name of a box.</summary>
    public static StanzaError NoBox(string? name) => Bad($"\"{name}\" is no name of a box: 1 to 32 of a-z, 0-9 and -, and not {InboxStore.Passing}.");

    public static StanzaError Bad(string text) => StanzaError.BadRequest with { Text = text };
}
