using System.Net.Sockets;
using System.Security.Authentication;

namespace PresenceXml.Conformance.Runner;

/// <summary>Finds out what is wrong with the address, the port, TLS or the login before a hundred plays fail of it.</summary>
internal static class Preflight
{
    /// <summary>Opens a stream, with TLS as the venue has it.</summary>
    /// <exception cref="InvalidOperationException">That does not work; says why in a line.</exception>
    public static async Task CheckAsync(Venue venue, CancellationToken cancel)
    {
        var address = $"{venue.Host}:{(venue.Tls == TlsMode.Direct ? venue.DirectPort ?? venue.Port : venue.Port)}";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(venue.Patience);
        try
        {
            var nobody = new Account("scout", venue.Domain, "");
            await using var actor = new Actor(new("Scout", nobody.Local, null, null, true), nobody, venue, new(new(static _ => null)));
            await actor.OpenConnectionAsync(venue.Tls == TlsMode.Direct, limit.Token);
            if (venue.Tls == TlsMode.StartTls)
                await Login.SecureAsync(actor, limit.Token);
            await actor.OpenStreamAsync(limit.Token);
        }
        catch (SocketException e)
        {
            throw new InvalidOperationException($"{address} does not answer: {e.Message}", e);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            throw new InvalidOperationException($"TLS with {address} fails: {e.Message}{(venue.Insecure ? "" : " (--insecure accepts any certificate)")}", e);
        }
        catch (PlayFailedException e)
        {
            throw new InvalidOperationException($"{address} opens no stream for {venue.Domain}: {OneLine(e)}", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new InvalidOperationException($"{address} does not answer within {venue.Patience.TotalSeconds:0} s", e);
        }
    }

    /// <summary>Logs in for the first time and asks what the server offers.</summary>
    /// <exception cref="InvalidOperationException">That does not work; says why in a line.</exception>
    public static async Task<Offer> ScoutAsync(Venue venue, Account account, CancellationToken cancel)
    {
        try
        {
            return await Offer.ScoutAsync(venue, account, cancel);
        }
        catch (PlayFailedException e)
        {
            throw new InvalidOperationException($"the first login, as {account.Bare}, fails: {OneLine(e)}", e);
        }
    }

    private static string OneLine(PlayFailedException e) =>
        string.Join("; ", e.Message.ReplaceLineEndings("\n").Split('\n').Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
}
