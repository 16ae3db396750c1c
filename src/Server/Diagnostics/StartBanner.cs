using System.Globalization;
using System.Net;

namespace PresenceXml.Server.Diagnostics;

/// <summary>What a started server says of itself: what listens where, which certificate is used, and what to type next.</summary>
internal static class StartBanner
{
    public static IReadOnlyList<string> Lines(StartFacts facts)
    {
        var lines = new List<string>
        {
            $"PresenceXml {facts.Version} serves {string.Join(", ", facts.Domains)}",
            $"  configuration  {facts.ConfigFile ?? "defaults (no server.config.json here)"}",
            $"  data           {facts.DataDirectory}",
        };
        foreach (ListenerFact listener in facts.Listeners)
        {
            if (listener.EndPoints.Count > 0) lines.Add($"  listening      {string.Join(", ", listener.EndPoints.Select(Name))}  {listener.Purpose}");
            else if (listener.Configured.Count > 0) lines.Add($"  not opened     {string.Join(", ", listener.Configured)}  {listener.Purpose}: accepted, not there yet in this version");
        }
        if (!facts.Listeners.Any(static listener => listener.EndPoints.Count > 0)) lines.Add("  listening      nowhere: every list under \"listen\" is empty");
        foreach (CertificateFact certificate in facts.Certificates)
        {
            string kind = certificate.IsSelfSigned ? "self-signed, clients will ask whether to trust it; " : "";
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"  certificate    {certificate.Subject} ({kind}expires {certificate.NotAfter:yyyy-MM-dd})"));
            lines.Add($"                 SHA-256 {certificate.Fingerprint}");
        }
        if (!facts.TlsRequired) lines.Add("  warning        tls.required is false: passwords may cross the network readable");
        string config = facts.ConfigFile is null || Path.GetFileName(facts.ConfigFile) == Configuration.ServerConfiguration.DefaultFile ? "" : $" --config {facts.ConfigFile}";
        lines.Add($"Make an account:   presencexml user add NAME@{facts.Domains[0]}{config}    (in the source tree: dotnet run --project src/Server -- user add …)");
        lines.Add(Connect(facts));
        return lines;
    }

    private static string Connect(StartFacts facts)
    {
        const string Clients = "Then log in with any XMPP client (Gajim, Dino, profanity, …) as NAME@";
        IPEndPoint? open = facts.Listeners.SelectMany(static listener => listener.EndPoints).FirstOrDefault();
        if (open is null) return $"{Clients}{facts.Domains[0]} once a listener is open.";
        bool isLocal = facts.Domains[0] == "localhost" || IPAddress.IsLoopback(open.Address);
        return isLocal ? $"{Clients}{facts.Domains[0]}, server localhost, port {open.Port}." : $"{Clients}{facts.Domains[0]}; its DNS must lead here (port {open.Port}).";
    }

    private static string Name(IPEndPoint address) => address.Address.Equals(IPAddress.IPv6Any) || address.Address.Equals(IPAddress.Any) ? $"port {address.Port} of every address" : address.ToString();
}
