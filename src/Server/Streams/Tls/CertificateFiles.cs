using System.Security.Cryptography;

namespace PresenceXml.Server.Streams.Tls;

/// <summary>A certificate that lies in two PEM files, and is read again when one of them changes.</summary>
/// <param name="chainFile">The chain, the server's own certificate first.</param>
/// <param name="keyFile">Its key; null when it stands in <paramref name="chainFile"/> too.</param>
internal sealed class CertificateFiles(string chainFile, string? keyFile)
{
    private readonly string keyFile = keyFile ?? chainFile;
    private (DateTime Chain, DateTime Key) seen;

    /// <summary>Reads the files if they changed since the last call; null when they did not.</summary>
    /// <exception cref="InvalidOperationException">They cannot be used; the text names them and says why. They are looked at again when they change.</exception>
    public ServerCertificate? LoadIfChanged()
    {
        try
        {
            (DateTime Chain, DateTime Key) times = (File.GetLastWriteTimeUtc(chainFile), File.GetLastWriteTimeUtc(keyFile));
            if (times == seen) return null;
            seen = times;
            return ServerCertificate.Load(chainFile, keyFile);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The certificate {chainFile} with the key {keyFile} cannot be used: {e.Message}", e);
        }
    }
}
