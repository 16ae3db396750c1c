using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery;

/// <summary>A test of a delivery rule. Immutable; a decision over memory.</summary>
internal abstract record DeliveryTest
{
    /// <summary>The namespace of the whole.</summary>
    public const string Ns = "urn:x-presencexml:delivery:0";

    /// <summary>Does it hold? What it cost is taken from the budget; when that is spent the answer does not count.</summary>
    public abstract bool Holds(DeliveryQuestion question, DeliveryTrace? trace);

    /// <summary>As it stands in a rule.</summary>
    public abstract Element ToElement();

    /// <summary>Does a test within it, or it itself, satisfy this?</summary>
    public virtual bool Any(Func<DeliveryTest, bool> what) => what(this);

    /// <summary>Above this strength of the sender it never holds; <see cref="Strength.Local"/> where that is not known.</summary>
    public virtual Strength Highest => Strength.Local;

    /// <summary>An element of the namespace; attributes whose value is null are left out.</summary>
    protected static Element Element(string name, params (string Name, string? Value)[] attributes) =>
        new(Ns, name, attributes.Where(static one => one.Value is not null).Select(static one => new XmlAttribute(one.Name, one.Value!)));

    protected static string Text(bool value) => value ? "true" : "false";
}
