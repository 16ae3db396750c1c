using System.Reflection;

namespace PresenceXml.Server.Modules;

/// <summary>What this software calls itself towards others.</summary>
public static class Software
{
    public const string Name = "PresenceXml";

    /// <summary>The product's version, without the build's commit.</summary>
    public static string Version { get; } =
        typeof(Software).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
