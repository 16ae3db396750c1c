using System.Globalization;

namespace PresenceXml.Conformance.Runner;

/// <summary>What a play knows of its actors by name, as <c>{Romeo full}</c>.</summary>
/// <param name="actors">The cast; the servers of it join when they start.</param>
internal sealed class ActorValues(Venue venue, IReadOnlyDictionary<string, Actor> actors)
{
    private readonly Dictionary<string, ScramExchange> exchanges = [];

    /// <summary>An exchange that the runner led for an actor, whose end the play looks at.</summary>
    public void Keep(string who, ScramExchange exchange) => exchanges[who] = exchange;

    /// <summary>The value of a name.</summary>
    /// <param name="expand">Replaces the expressions of an argument.</param>
    /// <returns>Null: there is no such name.</returns>
    public string? Find(string name, Func<string, string> expand)
    {
        if (name == "domain")
            return venue.Domain;
        if (name.Split(' ', 3) is not [var who, var what, .. var rest] || !actors.TryGetValue(who, out var actor))
            return null;
        var argument = rest is [var text] ? expand(text) : null;
        if (actor is PeerServer server)
            return server.Value(what, argument);
        return what.StartsWith("scram-", StringComparison.Ordinal) ? Scram(actor, what, argument)
            : what.StartsWith("sm-", StringComparison.Ordinal) ? Managed(actor, what)
            : argument is not null ? Modern(actor, what, argument)
            : Of(actor, what);
    }

    private static string? Of(Actor actor, string what) => what switch
    {
        "bare" => actor.Account.Bare,
        "local" => actor.Account.Local,
        "full" => actor.Full ?? $"{actor.Account.Bare}/{actor.Member.Resource ?? throw new FormatException($"{actor.Name} is not bound")}",
        "resource" => actor.Full?[(actor.Account.Bare.Length + 1)..] ?? actor.Member.Resource,
        "password" => actor.Password,
        "stream-id" => actor.StreamId,
        "plain" => Login.Plain(actor.Account.Local, actor.Password),
        _ => null,
    };

    private string? Scram(Actor actor, string what, string? argument)
    {
        if (what == "scram-server-final")
            return Exchange(actor).ServerFinal;
        if (argument is null)
            return null;
        if (what == "scram-attribute" && argument is [var letter])
            return Exchange(actor).Told(letter);
        if (what == "scram-final")
            return Exchange(actor).Final(argument.Trim());
        ScramExchange? begun = what switch
        {
            "scram-first" => new(Login.HashOf(argument), actor.Account.Local, actor.Password),
            "scram-first-as" => new(Login.HashOf("SHA-1"), actor.Account.Local, actor.Password, argument),
            "scram-plus-first" => new(Login.HashOf(argument), actor.Account.Local, actor.Password) { Binding = actor.Connection.EndPointBinding },
            "scram-first-unsure" => new(Login.HashOf(argument), actor.Account.Local, actor.Password) { IsUnsure = true },
            _ => null,
        };
        if (begun is not null)
            Keep(actor.Name, begun);
        return begun?.First;
    }

    private ScramExchange Exchange(Actor actor) =>
        exchanges.GetValueOrDefault(actor.Name) ?? throw new FormatException($"{actor.Name} has begun no SCRAM exchange");

    private static string? Managed(Actor actor, string what)
    {
        var session = actor.Management.Session ?? throw new FormatException($"{actor.Name} has no session under stream management");
        return what switch
        {
            "sm-id" => session.Id ?? throw new FormatException($"{actor.Name}'s session has no SM-ID"),
            "sm-received" => session.Received.ToString(CultureInfo.InvariantCulture),
            "sm-sent" => session.Sent.ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
    }

    private static string? Modern(Actor actor, string what, string argument) => what switch
    {
        "token-first" => ModernLogin.HashedTokenFirst(actor.Account.Local, argument, []),
        "token-final" => ModernLogin.HashedTokenFinal(argument, []),
        "token-first-endp" => ModernLogin.HashedTokenFirst(actor.Account.Local, argument, actor.Connection.EndPointBinding),
        "token-final-endp" => ModernLogin.HashedTokenFinal(argument, actor.Connection.EndPointBinding),
        "downgrade-hash" => ModernLogin.DowngradeHash(actor.Management.Features, Login.HashOf(argument), isModern: false),
        "downgrade-hash-sasl2" => ModernLogin.DowngradeHash(actor.Management.Features, Login.HashOf(argument), isModern: true),
        "salted-password" when argument.Split(' ', 3) is [var hash, var iterations, var salt] =>
            ScramExchange.SaltedPassword(Login.HashOf(hash), actor.Password, salt.Trim(), int.Parse(iterations, NumberStyles.None, CultureInfo.InvariantCulture)),
        _ => null,
    };
}
