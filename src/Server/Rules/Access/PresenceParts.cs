using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Access;

/// <summary>
/// What of a presence stanza a rule can show or hide, named after RFC 5025 §3.3 and RFC 4480. What always passes (RFC 5025 §3.3: status, contact,
/// time) is no part: available or not, the address, the priority.
/// </summary>
[Flags]
public enum PresenceParts
{
    None = 0,

    /// <summary><c>provide-activities</c>: <c>&lt;show/&gt;</c>, and XEP-0108.</summary>
    Activities = 1,

    /// <summary><c>provide-note</c>: <c>&lt;status/&gt;</c>.</summary>
    Note = 2,

    /// <summary><c>provide-mood</c>: XEP-0107.</summary>
    Mood = 4,

    /// <summary><c>provide-user-input</c>: idle time (XEP-0319, XEP-0256).</summary>
    UserInput = 8,

    /// <summary><c>provide-status-icon</c>: the avatar's hash (XEP-0153).</summary>
    StatusIcon = 16,

    /// <summary><c>provide-deviceID</c>: which client it is, and what it can do (XEP-0115, XEP-0390).</summary>
    Device = 32,

    /// <summary><c>provide-place-type</c>, <c>provide-place-is</c>: where it is (XEP-0080).</summary>
    Place = 64,

    /// <summary>The nickname (XEP-0172).</summary>
    Nick = 128,

    /// <summary>Other addresses (XEP-0152).</summary>
    Reach = 256,

    /// <summary><c>provide-class</c> (RFC 4480 §3.3).</summary>
    Class = 512,

    /// <summary>What no other name stands for.</summary>
    Other = 1024,

    All = 2047,
}

/// <summary>Which part each child of a presence stanza is.</summary>
internal static class PresencePart
{
    public const string Rpid = "urn:ietf:params:xml:ns:pidf:rpid";

    /// <summary>The part, or none for what always passes.</summary>
    public static PresenceParts Of(QName child) => child.Namespace switch
    {
        Namespaces.Client or Namespaces.Server => child.Name switch
        {
            "show" => PresenceParts.Activities,
            "status" => PresenceParts.Note,
            "priority" => PresenceParts.None,
            _ => PresenceParts.Other,
        },
        Namespaces.Delay => PresenceParts.None,
        "urn:xmpp:idle:1" or "jabber:iq:last" => PresenceParts.UserInput,
        "http://jabber.org/protocol/caps" or "urn:xmpp:caps" => PresenceParts.Device,
        "vcard-temp:x:update" => PresenceParts.StatusIcon,
        "http://jabber.org/protocol/nick" => PresenceParts.Nick,
        "http://jabber.org/protocol/activity" => PresenceParts.Activities,
        "http://jabber.org/protocol/mood" => PresenceParts.Mood,
        "http://jabber.org/protocol/geoloc" => PresenceParts.Place,
        "urn:xmpp:reach:0" => PresenceParts.Reach,
        Rpid => child.Name switch
        {
            "activities" => PresenceParts.Activities,
            "mood" => PresenceParts.Mood,
            "user-input" => PresenceParts.UserInput,
            "status-icon" => PresenceParts.StatusIcon,
            "deviceID" => PresenceParts.Device,
            "place-is" or "place-type" => PresenceParts.Place,
            "class" => PresenceParts.Class,
            _ => PresenceParts.Other,
        },
        _ => PresenceParts.Other,
    };
}
