namespace PresenceXml.Protocol.Xml;

/// <summary>A namespace-qualified name (Namespaces in XML 1.0). Attributes without a prefix have the namespace "".</summary>
public readonly record struct QName(string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? Name : $"{{{Namespace}}}{Name}";
}
