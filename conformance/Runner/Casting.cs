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

    /// <summary>Takes accounts from a file of lines "jid password".</summary>
    /// <exception cref="FormatException">There are too few, or one is of another domain.</exception>
    public static Casting FromFile(IReadOnlyList<Play> plays, string domain, string file)
    {
        var pool = new Queue<Account>(File.ReadLines(file)
            .Select(static line => line.Split((char[])[' ', '\t', ','], 2, StringSplitOptions.TrimEntries))
            .Where(static fields => fields is [{ Length: > 0 } jid, _] && jid[0] != '#')
            .Select(fields => fields[0].EndsWith("@" + domain, StringComparison.Ordinal)
                ? new Account(fields[0][..^(domain.Length + 1)], domain, fields[1])
                : throw new FormatException($"{file}: {fields[0]} is not in {domain}")));
        var size = pool.Count;
        return Assign(plays, domain, _ => pool.TryDequeue(out var account) ? account : throw new FormatException($"{file} has {size} accounts, too few"));
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
                Accounts.Add(locals[member.Local] = next(member.Local));
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
