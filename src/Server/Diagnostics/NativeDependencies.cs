using System.Runtime.InteropServices;

namespace PresenceXml.Server.Diagnostics;

/// <summary>What the system must bring along: on Linux OpenSSL, which .NET's TLS and hashes are made of.</summary>
internal static class NativeDependencies
{
    private const string Override = "DOTNET_OPENSSL_VERSION_OVERRIDE";

    /// <summary>A line for people when OpenSSL is missing; null when all is there. To be asked before anything is hashed or encrypted: afterwards it is a crash.</summary>
    public static string? Missing() => Missing(OperatingSystem.IsLinux(), Environment.GetEnvironmentVariable(Override), CanLoad);

    internal static string? Missing(bool isLinux, string? version, Func<string, bool> canLoad)
    {
        if (!isLinux) return null;
        IEnumerable<string> names = ["libssl.so.3", "libssl.so.1.1"];
        if (!string.IsNullOrEmpty(version)) names = names.Prepend($"libssl.so.{version}");
        return names.Any(canLoad) ? null
            : "OpenSSL is missing (no libssl.so.3, no libssl.so.1.1). Install it: \"apt install openssl\" (Debian, Ubuntu), \"dnf install openssl-libs\" (Fedora, RHEL), \"apk add libssl3\" (Alpine), \"pacman -S openssl\" (Arch).";
    }

    private static bool CanLoad(string name)
    {
        if (!NativeLibrary.TryLoad(name, out nint library)) return false;
        NativeLibrary.Free(library);
        return true;
    }
}
