using System.Diagnostics;

namespace PresenceXml.Testing;

/// <summary>How programs of ours are started that a test kills.</summary>
internal static class ToBeKilled
{
    /// <summary>Without the runtime's pipes for debuggers, which a process that is killed would leave in the temporary folder.</summary>
    public static ProcessStartInfo WithoutDiagnostics(this ProcessStartInfo start)
    {
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }
}
