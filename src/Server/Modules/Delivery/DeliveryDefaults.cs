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
    public static DeliveryRule? Rule(string strangers) => strangers switch
    {
        "weak" => Read("certificate", Somewhere),
        "links" => Read("local", Somewhere),
        "all" => Read("local", ""),
        _ => null,
    };

    private static DeliveryRule Read(string below, string what) => DeliveryReader.Read(
        Element.Parse($"<delivery xmlns='{DeliveryTest.Ns}'><rule name='{Name}'><type is='message'/><auth below='{below}'/><from stranger='true'/>{what}<fileinto box='junk'/></rule></delivery>"),
        0).Rules[0];
}
