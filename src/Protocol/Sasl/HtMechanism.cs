namespace PresenceXml.Protocol.Sasl;

/// <summary>A mechanism of the HT family (draft-schmaus-kitten-sasl-ht-09 §2); the hash is SHA-256.</summary>
public enum HtMechanism
{
    /// <summary>Without channel binding.</summary>
    None,

    /// <summary>Bound to the server's certificate (RFC 5929 §4).</summary>
    ServerEndPoint,
}

/// <summary>The names of the HT mechanisms.</summary>
public static class HtMechanisms
{
    /// <summary>As it is offered: <c>HT-SHA-256-NONE</c>, <c>HT-SHA-256-ENDP</c>.</summary>
    public static string ToMechanism(this HtMechanism mechanism) => mechanism switch
    {
        HtMechanism.None => "HT-SHA-256-NONE",
        HtMechanism.ServerEndPoint => "HT-SHA-256-ENDP",
        _ => throw new ArgumentOutOfRangeException(nameof(mechanism), mechanism, null),
    };

    /// <summary>Reads a mechanism name; false when it is none of these. Case counts (RFC 4422 §3.1).</summary>
    public static bool TryParseMechanism(string? name, out HtMechanism mechanism)
    {
        foreach (HtMechanism one in Enum.GetValues<HtMechanism>())
        {
            mechanism = one;
            if (one.ToMechanism() == name) return true;
        }
        mechanism = default;
        return false;
    }
}
