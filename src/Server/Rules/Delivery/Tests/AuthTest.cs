using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>How sure it is who sent it (RFC 2779 5.1.12).</summary>
/// <param name="Min">At least this; null: whatever.</param>
/// <param name="Below">Less than this; null: whatever.</param>
internal sealed record AuthTest(Strength? Min, Strength? Below) : DeliveryTest
{
    public override Strength Highest => Below is { } below ? below - 1 : Strength.Local;

    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace) =>
        (Min is not { } min || question.Strength >= min) && (Below is not { } below || question.Strength < below);

    public override Element ToElement() => Element("auth", ("min", Min is { } min ? NameOf(min) : null), ("below", Below is { } below ? NameOf(below) : null));

    /// <summary>As it is written.</summary>
    public static string NameOf(Strength strength) => strength switch
    {
        Strength.None => "none",
        Strength.Dialback => "dialback",
        Strength.Certificate => "certificate",
        Strength.Secret => "component",
        _ => "local",
    };

    /// <summary>Null: it is none.</summary>
    public static Strength? Parse(string name) => name switch
    {
        "none" => Strength.None,
        "dialback" => Strength.Dialback,
        "certificate" => Strength.Certificate,
        "component" => Strength.Secret,
        "local" => Strength.Local,
        _ => null,
    };
}
