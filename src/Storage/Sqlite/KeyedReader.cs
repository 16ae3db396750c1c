using PresenceXml.Protocol;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage.Sqlite;

/// <summary>Reads of keyed collections: one statement each, so each sees one moment.</summary>
internal static class KeyedReader
{
    private const string Scope = "FROM keyed WHERE account = (SELECT id FROM account WHERE jid = ?1) AND collection = (SELECT id FROM collection WHERE name = ?2)";

    public static ReadOnlyMemory<byte>? Get(Database database, string collection, Jid account, string key)
    {
        var statement = database[$"SELECT value {Scope} AND key = ?3"].BindText(1, account.Utf8).BindText(2, collection).BindText(3, key);
        ReadOnlyMemory<byte>? value = statement.Step() ? new(statement.Blob(0)) : null;
        statement.Reset();
        return value;
    }

    public static IReadOnlyList<KeyValuePair<string, ReadOnlyMemory<byte>>> Range(Database database, string collection, Jid account, string? from, string? to, int limit)
    {
        var statement = (from, to) switch
        {
            (null, null) => database[$"SELECT key, value {Scope} ORDER BY key LIMIT ?3"],
            (_, null) => database[$"SELECT key, value {Scope} AND key >= ?4 ORDER BY key LIMIT ?3"].BindText(4, from),
            (null, _) => database[$"SELECT key, value {Scope} AND key < ?5 ORDER BY key LIMIT ?3"].BindText(5, to),
            _ => database[$"SELECT key, value {Scope} AND key >= ?4 AND key < ?5 ORDER BY key LIMIT ?3"].BindText(4, from).BindText(5, to),
        };
        statement.BindText(1, account.Utf8).BindText(2, collection).Bind(3, limit);
        var found = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
        while (statement.Step()) found.Add(new(statement.Text(0), statement.Blob(1)));
        statement.Reset();
        return found;
    }

    public static IReadOnlyList<Jid> List(Database database, string collection, string domain, Jid? after, int limit) =>
        Jids(database["""
            SELECT a.jid FROM account a WHERE a.domain = ?1 AND a.jid > ?2
                AND EXISTS (SELECT 1 FROM keyed k WHERE k.account = a.id AND k.collection = (SELECT id FROM collection WHERE name = ?3))
            ORDER BY a.jid LIMIT ?4
            """].BindText(1, domain).BindText(2, after is null ? default : after.Utf8).BindText(3, collection).Bind(4, limit));

    public static IReadOnlyList<Jid> Find(Database database, string collection, string key) =>
        Jids(database["""
            SELECT a.jid FROM keyed k CROSS JOIN account a ON a.id = k.account
            WHERE k.collection = (SELECT id FROM collection WHERE name = ?1) AND k.collection < 16 AND k.key = ?2
            ORDER BY a.jid
            """].BindText(1, collection).BindText(2, key));

    private static List<Jid> Jids(Statement statement)
    {
        var found = new List<Jid>();
        while (statement.Step())
            found.Add(Jid.TryParse(statement.Span(0), out var jid) ? jid : throw ByteReader.Damaged());
        statement.Reset();
        return found;
    }
}
