using System.CommandLine;
using PresenceXml.Protocol;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Commands;

/// <summary>The address of an account on the command line.</summary>
internal static class AccountArgument
{
    public static Argument<string> Make() => new("JID") { Description = "The account's address, such as juliet@example.org." };

    /// <summary>Reads it.</summary>
    /// <param name="text">What stands there.</param>
    /// <param name="served">The configuration when it has to be of a domain that is served; null for any domain.</param>
    /// <exception cref="CommandRefusedException">It is no such address.</exception>
    public static Jid Parse(string text, ServerOptions? served)
    {
        if (!Jid.TryParse(text, out Jid? jid) || jid.Local is null || jid.IsFull) throw new CommandRefusedException($"\"{text}\" is no address such as juliet@{served?.Domains[0] ?? "example.org"}");
        if (served is not null) RequireServed(jid, served);
        return jid;
    }

    /// <exception cref="CommandRefusedException">Its domain is none of ours.</exception>
    public static void RequireServed(Jid jid, ServerOptions options)
    {
        if (!options.Domains.Contains(jid.Domain, StringComparer.Ordinal))
            throw new CommandRefusedException($"{jid}: the server does not serve {jid.Domain}, only {string.Join(", ", options.Domains)}");
    }

    public static CommandRefusedException NoAccount(Jid jid) => new($"there is no account {jid}");
}
