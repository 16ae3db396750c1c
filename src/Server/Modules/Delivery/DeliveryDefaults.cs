using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Rules;
using PresenceXml.Server.Rules.Delivery;

namespace PresenceXml.Server.Modules.Delivery;

/// <summary>The rules of accounts that have none of their own.</summary>
internal static class DeliveryDefaults
{
    /// <summary>The name of the rule, here and where its owner switches it on by a command.</summary>
    public const string Name = "strangers";

    private const string Somewhere =
        "<any><body contains='http://'/><body contains='https://'/><has ns='jabber:x:oob'/><has ns='urn:xmpp:sfs:0'/><type is='invitation'/></any>";

    /// <param name="strangers">The value of the option.</param>
    /// <param name="version">How often the account changed its rules.</param>
    public static DeliveryRuleSet Of(string strangers, long version) =>
        Rule(strangers) is { } rule ? new DeliveryRuleSet(version, Strength.None, [rule], isDefault: true)
        : version == 0 ? DeliveryRuleSet.Empty
        : new DeliveryRuleSet(version, Strength.None, [], isDefault: true);

    /// <summary>Files messages of strangers away; null: does not.</summary>
    /// <param name="strangers">The value of the option.</param>
    /// <param name="requests">Also requests for a subscription.</param>
    /// <param name="locals">Also of strangers at this server.</param>
    public static DeliveryRule? Rule(string strangers, bool requests = false, bool locals = false)
    {
        string? tests = strangers switch
        {
            "weak" => "<auth below='certificate'/>" + Somewhere,
            "links" => (locals ? "" : "<auth below='local'/>") + Somewhere,
            "all" => locals ? "" : "<auth below='local'/>",
            _ => null,
        };
        // A request has nothing in it to go by.
        if (tests is not null && requests)
            tests = tests.Replace("<any>", "<any><type is='request'/>", StringComparison.Ordinal);
        return tests is null ? null : DeliveryReader.Read(
            Element.Parse($"<delivery xmlns='{DeliveryTest.Ns}'><rule name='{Name}'><type is='message{(requests ? " request" : "")}'/><from stranger='true'/>{tests}<fileinto box='junk'/></rule></delivery>"),
            0).Rules[0];
    }
}
