using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>
/// The server's certificates. Configured ones are read again when their files change: new connections get the new one, those that
/// exist keep theirs; a file that cannot be used leaves the old one in force. Without a configured one a self-signed one is made.
/// </summary>
internal sealed class CertificateStore : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(14);
    private readonly ServerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<CertificateStore> log;
    private readonly CertificateFiles?[] sources;
    private readonly ITimer timer;
    private readonly Lock looking = new();
    private volatile ServerCertificate[] current;
    private DateTimeOffset nextWarning;

    /// <exception cref="InvalidOperationException">A configured certificate cannot be used; the text names the files and says why.</exception>
    public CertificateStore(ServerOptions options, TimeProvider time, ILogger<CertificateStore> log)
    {
        this.options = options;
        this.time = time;
        this.log = log;
        // First the one for all domains, then those of single domains.
        sources =
        [
            options.Tls.Certificate is string chain ? new CertificateFiles(chain, options.Tls.Key) : null,
            .. options.Tls.Domains.Values.Select(files => new CertificateFiles(files.Certificate, files.Key)),
        ];
        current = [.. sources.Select(source => source is null ? LoadSelfSigned() : source.LoadIfChanged()!)];
        Examine();
        timer = time.CreateTimer(static store => ((CertificateStore)store!).Look(), this, LookEvery, LookEvery);
    }

    /// <summary>The certificates in force, the one for all domains first.</summary>
    public IReadOnlyList<ServerCertificate> Certificates => current;

    /// <summary>The certificate for a domain (RFC 6120 §13.7.2): the stream's <c>to</c>, or what SNI named; the first one when none fits better.</summary>
    public ServerCertificate Select(string? domain)
    {
        ServerCertificate[] all = current;
        if (all.Length == 1 || string.IsNullOrEmpty(domain) || DnsName.Of(domain) is not string dns) return all[0];
        // One made for the domain alone comes before the one for all.
        for (int at = all.Length - 1; at > 0; at--)
            if (all[at].Covers(dns)) return all[at];
        return all[0];
    }

    private ServerCertificate LoadSelfSigned()
    {
        try
        {
            return SelfSignedCertificate.LoadOrCreate(options.DataDirectory, options.Domains, time.GetUtcNow());
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The self-signed certificate in {options.DataDirectory} cannot be made or used: {e.Message}", e);
        }
    }

    private void Look()
    {
        // A tick that comes while the last one still reads has nothing to add.
        if (!looking.TryEnter()) return;
        try
        {
            for (int at = 0; at < sources.Length; at++) Look(at);
            WarnNearExpiry();
        }
        finally
        {
            looking.Exit();
        }
    }

    private void Look(int at)
    {
        try
        {
            ServerCertificate? loaded = sources[at] switch
            {
                CertificateFiles files => files.LoadIfChanged(),
                null when current[at].NotAfter - time.GetUtcNow() < SelfSignedCertificate.RenewBefore => LoadSelfSigned(),
                null => null,
            };
            if (loaded is null || loaded.IsSame(current[at])) return;
            ServerCertificate[] next = [.. current];
            next[at] = loaded;
            current = next;
            StreamLog.CertificateLoaded(log, loaded.Subject, loaded.Fingerprint, loaded.NotAfter);
            Examine();
        }
        catch (Exception e)
        {
            // Half-written, or a key that belongs to the other certificate: looked at again with the next change. Whatever else is wrong
            // with it would end the process here, on the timer's thread.
            StreamLog.CertificateNotReloaded(log, e.Message);
        }
    }

    /// <summary>Says what clients, and of components other servers, will object to.</summary>
    private void Examine()
    {
        foreach (string domain in options.Domains)
            if (DnsName.Of(domain) is string dns && Select(domain) is var certificate && !certificate.Covers(dns))
                StreamLog.CertificateLacksDomain(log, domain, certificate.Subject);
        if (options.Federation.Enabled)
            foreach (string domain in options.Components.Keys)
                if (DnsName.Of(domain) is string dns && Select(domain) is var certificate && !certificate.Covers(dns))
                    StreamLog.CertificateLacksComponent(log, domain, certificate.Subject);
        nextWarning = default;
        WarnNearExpiry();
    }

    /// <summary>At most once a day.</summary>
    private void WarnNearExpiry()
    {
        DateTimeOffset now = time.GetUtcNow();
        if (now < nextWarning) return;
        foreach (ServerCertificate certificate in current)
        {
            if (certificate.NotAfter - now > WarnBefore) continue;
            nextWarning = now + TimeSpan.FromDays(1);
            StreamLog.CertificateExpires(log, certificate.Subject, certificate.NotAfter);
        }
    }

    public void Dispose() => timer.Dispose();
}
