using System.Security.Cryptography;

namespace PresenceXml.Conformance.Runner;

/// <summary>Gives every play accounts of its own, so that plays can run at the same time and again and again.</summary>
public sealed class Casting
{
    private readonly Dictionary<Play, IReadOnlyDictionary<string, Account>> roles = [];

    private readonly string domain;
    private readonly Func<string, Account> next;

    private Casting(string domain, Func<string, Account> next)
    {
        (this.domain, this.next) = (domain, next);
        Scout = next("scout");
        Accounts.Add(Scout);
    }

    /// <summary>The account that finds out what the server offers.</summary>
    public Account Scout { get; }

    /// <summary>Every account that has to exist.</summary>
    public List<Account> Accounts { get; } = [];

    /// <summary>The account behind each localpart of a play.</summary>
    public IReadOnlyDictionary<string, Account> For(Play play) => roles[play];

    /// <summary>Makes up names that no run before has used.</summary>
    /// <param name="password">The password of all accounts, null: each has one of its own.</param>
    public static Casting Invent(IReadOnlyList<Play> plays, string domain, string? password = null)
    {
        var run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));
        var count = 0;
        return Assign(plays, domain, local => new($"{local}-{run}-{++count}", domain, password ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))));
    }

    /// <summary>Takes accounts that were made beforehand.</summary>
    /// <exception cref="FormatException">There are too few.</exception>
    public static Casting FromPool(IReadOnlyList<Play> plays, string domain, IReadOnlyList<Account> accounts)
    {
        var needed = 1 + plays.Sum(static play => play.Cast.Where(static member => member.Exists).DistinctBy(static member => member.Local).Count());
        if (accounts.Count < needed)
            throw new FormatException($"these plays need {needed} accounts, and {accounts.Count} are given");
        var pool = new Queue<Account>(accounts);
        return Assign(plays, domain, _ => pool.TryDequeue(out var account) ? account : throw new FormatException($"all {accounts.Count} accounts are used up"));
    }

    /// <summary>Casts a play once more, with accounts that were in no performance before; they join <see cref="Accounts"/>.</summary>
    public IReadOnlyDictionary<string, Account> CastAgain(Play play)
    {
        var locals = new Dictionary<string, Account>(StringComparer.Ordinal);
        foreach (var member in play.Cast)
        {
            if (locals.ContainsKey(member.Local))
                continue;
            if (member.Exists)
                Accounts.Add(locals[member.Local] = next(member.Local) with { Keys = member.Keys });
            else
                locals[member.Local] = new($"{member.Local}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}", domain, "");
        }

        return locals;
    }

    private static Casting Assign(IReadOnlyList<Play> plays, string domain, Func<string, Account> next)
    {
        var casting = new Casting(domain, next);
        foreach (var play in plays)
            casting.roles[play] = casting.CastAgain(play);
        return casting;
    }
}
