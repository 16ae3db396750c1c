using PresenceXml.Protocol;

namespace PresenceXml.Storage.Sqlite;

/// <summary>Accounts and keyed collections, as the writer's connection changes them.</summary>
internal sealed class KeyedTables(Database database)
{
    private readonly Dictionary<string, long> collections = new(StringComparer.Ordinal);

    /// <summary>Forgets what a failed transaction may have taken back.</summary>
    public void Forget() => collections.Clear();

    public long? FindAccount(Jid account) =>
        database["SELECT id FROM account WHERE jid = ?1"].BindText(1, account.Utf8).Scalar();

    public long AddAccount(Jid account)
    {
        if (FindAccount(account) is { } known) return known;
        database["INSERT INTO account (jid, domain) VALUES (?1, ?2)"].BindText(1, account.Utf8).BindText(2, account.Domain).Run();
        return database["SELECT last_insert_rowid()"].Scalar()!.Value;
    }

    public void Put(string collection, Jid account, string key, ReadOnlySpan<byte> value) =>
        database["INSERT INTO keyed (account, collection, key, value) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = excluded.value"]
            .Bind(1, AddAccount(account)).Bind(2, Collection(collection)).BindText(3, key).Bind(4, value).Run();

    public void Delete(string collection, Jid account, string key)
    {
        if (FindAccount(account) is not { } id) return;
        database["DELETE FROM keyed WHERE account = ?1 AND collection = ?2 AND key = ?3"].Bind(1, id).Bind(2, Collection(collection)).BindText(3, key).Run();
        RemoveIfEmpty(id);
    }

    public void DeleteAll(string collection, Jid account)
    {
        if (FindAccount(account) is not { } id) return;
        database["DELETE FROM keyed WHERE account = ?1 AND collection = ?2"].Bind(1, id).Bind(2, Collection(collection)).Run();
        RemoveIfEmpty(id);
    }

    /// <summary>Removes what is in the tables of a log; what waits in the journal is the tails' business.</summary>
    public void DeleteLog(string name, Jid account)
    {
        if (FindAccount(account) is not { } id) return;
        if (database["SELECT id FROM log WHERE account = ?1 AND name = ?2"].Bind(1, id).BindText(2, name).Scalar() is { } log) DeleteLog(log);
        RemoveIfEmpty(id);
    }

    public void DeleteAccount(Jid account)
    {
        if (FindAccount(account) is not { } id) return;
        while (database["SELECT id FROM log WHERE account = ?1 LIMIT 1"].Bind(1, id).Scalar() is { } log) DeleteLog(log);
        database["DELETE FROM keyed WHERE account = ?1"].Bind(1, id).Run();
        database["DELETE FROM account WHERE id = ?1"].Bind(1, id).Run();
    }

    private void DeleteLog(long log)
    {
        database["DELETE FROM chunk WHERE log = ?1"].Bind(1, log).Run();
        database["DELETE FROM facet WHERE log = ?1"].Bind(1, log).Run();
        database["DELETE FROM log WHERE id = ?1"].Bind(1, log).Run();
    }

    private void RemoveIfEmpty(long account) =>
        database["""
            DELETE FROM account WHERE id = ?1
                AND NOT EXISTS (SELECT 1 FROM keyed WHERE account = ?1) AND NOT EXISTS (SELECT 1 FROM log WHERE account = ?1)
            """].Bind(1, account).Run();

    private long Collection(string name)
    {
        if (collections.TryGetValue(name, out var id)) return id;
        database["INSERT OR IGNORE INTO collection (name) VALUES (?1)"].BindText(1, name).Run();
        id = database["SELECT id FROM collection WHERE name = ?1"].BindText(1, name).Scalar()!.Value;
        collections.Add(name, id);
        return id;
    }
}
