using System.Globalization;
using System.Security.Cryptography;

namespace PresenceXml.Storage.Sqlite;

/// <summary>
/// The tables, by version. A store of an older version is brought up to date when it is opened, in one transaction; a newer one is
/// refused. An entry of <see cref="Migrations"/> is never changed once released: a change is a new entry.
/// </summary>
internal static class Schema
{
    /// <summary>"PxmS" in the header of the file: what tells our store from another SQLite file.</summary>
    public const int ApplicationId = 0x50786d53;

    public static readonly IReadOnlyList<string> Migrations =
    [
        // 1: accounts, keyed collections, logs as journal and chunks. docs/adr/0003 gives the reasons.
        """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE account (id INTEGER PRIMARY KEY, jid TEXT NOT NULL UNIQUE, domain TEXT NOT NULL);
        CREATE INDEX account_by_domain ON account (domain, jid);
        CREATE TABLE collection (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE keyed (account INTEGER NOT NULL, collection INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
            PRIMARY KEY (account, collection, key)) WITHOUT ROWID;
        -- Collections below 16 can be searched by key.
        CREATE INDEX keyed_by_key ON keyed (collection, key, account) WHERE collection < 16;
        CREATE TABLE journal (id INTEGER PRIMARY KEY, record BLOB NOT NULL);
        -- merged: the last journal record that is in the chunks of this log. undelivered: see UndeliveredSet.
        CREATE TABLE log (id INTEGER PRIMARY KEY, account INTEGER NOT NULL, name TEXT NOT NULL, merged INTEGER NOT NULL,
            undelivered BLOB NOT NULL, UNIQUE (account, name));
        -- first, last: sequences; first_time, last_time: the earliest and latest time in it; live: entries that are not deleted.
        CREATE TABLE chunk (id INTEGER PRIMARY KEY, log INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, live INTEGER NOT NULL, data BLOB NOT NULL);
        CREATE UNIQUE INDEX chunk_by_place ON chunk (log, first, last, live);
        CREATE INDEX chunk_by_first_time ON chunk (log, first_time, first);
        CREATE INDEX chunk_by_last_time ON chunk (log, last_time, first);
        CREATE TABLE facet (log INTEGER NOT NULL, facet INTEGER NOT NULL, first INTEGER NOT NULL, PRIMARY KEY (log, facet, first)) WITHOUT ROWID;
        """,
        // 2: entries may have marks (docs/adr/0008). The tables are the same; a server that would misread a marked entry is kept out.
        "",
        // 3: the journal may say that entries were moved. The tables are the same.
        "",
    ];

    /// <summary>
    /// Of a new store; one that is there keeps its own. A commit writes whole pages, one call of the system each: large ones make a burst of
    /// messages cheaper (by a fifth, against 4,096) and a single one dearer (by a third of its CPU time, not of the wait for the disk).
    /// </summary>
    public const int PageBytes = 16 * 1024;

    /// <summary>Makes the tables or brings them up to date.</summary>
    /// <exception cref="StorageException">The file belongs to another program or a newer version.</exception>
    public static void Apply(Database database)
    {
        database.Execute("BEGIN IMMEDIATE");
        var application = Number(database.Query("PRAGMA application_id"));
        var version = Number(database.Query("PRAGMA user_version"));
        var isNew = version == 0 && application == 0 && Number(database.Query("SELECT count(*) FROM sqlite_master")) == 0;
        if (!isNew) Verify(database.File, application, version);
        for (var next = (int)version; next < Migrations.Count; next++)
            database.Execute(Migrations[next]);
        if (isNew) Fill(database);
        database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Migrations.Count}"));
        database.Execute("COMMIT");
    }

    /// <summary>Refuses a file that is not ours or that a newer version has written.</summary>
    public static void Verify(Database database) =>
        Verify(database.File, Number(database.Query("PRAGMA application_id")), Number(database.Query("PRAGMA user_version")));

    /// <summary>Gives the store a new history: see <see cref="StorageEngine.Incarnation"/>.</summary>
    public static void Reincarnate(Database database) =>
        database["INSERT OR REPLACE INTO meta (name, value) VALUES ('incarnation', ?1)"].Bind(1, RandomNumberGenerator.GetBytes(9)).Run();

    private static void Fill(Database database)
    {
        database.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
        database["INSERT INTO meta (name, value) VALUES ('secret', ?1)"].Bind(1, RandomNumberGenerator.GetBytes(16)).Run();
        Reincarnate(database);
        var id = 1;
        foreach (var name in StorageEngine.SearchableCollections)
            database["INSERT INTO collection (id, name) VALUES (?1, ?2)"].Bind(1, id++).BindText(2, name).Run();
        // Ids of other collections begin above the searchable ones.
        database["INSERT INTO collection (id, name) VALUES (16, '')"].Run();
    }

    private static void Verify(string file, long application, long version)
    {
        if (application != ApplicationId)
            throw new StorageException($"{file} is not a store of this server. Move it away, or point dataDirectory elsewhere.");
        if (version > Migrations.Count)
            throw new StorageException($"{file} was written by a newer version of this server (schema {version}, this one knows {Migrations.Count}). Install that version, or restore a backup made with this one.");
    }

    private static long Number(string? text) => long.Parse(text ?? "0", CultureInfo.InvariantCulture);
}
