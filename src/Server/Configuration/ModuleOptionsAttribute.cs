namespace PresenceXml.Server.Configuration;

/// <summary>
/// Names the section <c>modules.&lt;name&gt;</c> that an options class is bound from. Without it the section has the class's name less
/// "Options", the first letter small. Case does not count in either.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ModuleOptionsAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
