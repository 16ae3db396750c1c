using System.Globalization;
using Microsoft.Data.Sqlite;
using PresenceXml.Protocol;

namespace PresenceXml.Storage.Bench;

/// <summary>
/// The three candidates of docs/adr/0003 in one run: (a) a row per entry and account, (b) the content once and two reference rows,
/// (c) what the engine does. The same messages, commit groups of the same size, WAL, synchronous=FULL, prepared statements.
/// </summary>
internal static class Layouts
{
    private const int Messages = 100_000, Accounts = 100, Group = 200;

    public static async Task RunAsync(string root)
    {
        var traffic = new Traffic(Accounts);
        Console.WriteLine($"a row per entry:    {Rows(Path.Combine(root, "a.db"), traffic, contentOnce: false)}");
        Console.WriteLine($"content once:       {Rows(Path.Combine(root, "b.db"), traffic, contentOnce: true)}");
        Console.WriteLine($"journal and chunks: {await Durable.StoreAsync(Path.Combine(root, "c"), Accounts, Messages, deliver: false, window: Group)}");
    }

    private static string Rows(string file, Traffic traffic, bool contentOnce)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384");
        Execute("""
            CREATE TABLE content (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
            CREATE TABLE entry (account INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, peer INTEGER NOT NULL, box INTEGER NOT NULL,
                flags INTEGER NOT NULL, data BLOB, PRIMARY KEY (account, sequence)) WITHOUT ROWID;
            CREATE INDEX entry_by_time ON entry (account, time);
            CREATE INDEX entry_by_peer ON entry (account, peer, sequence);
            CREATE INDEX entry_undelivered ON entry (account, sequence) WHERE flags >= 2;
            """);
        var ids = new Dictionary<Jid, long>();
        using var begin = Command("BEGIN IMMEDIATE");
        using var commit = Command("COMMIT");
        using var content = Command("INSERT INTO content (id, data) VALUES ($0, $1)", 2);
        using var entry = Command("INSERT INTO entry (account, sequence, time, peer, box, flags, data) VALUES ($0, $1, $2, $3, 0, $4, $5)", 6);
        var clock = new Stopclock();
        for (var i = 0; i < Messages; i++)
        {
            if (i % Group == 0) begin.ExecuteNonQuery();
            var bytes = traffic.Content(i);
            if (contentOnce) Run(content, i, bytes);
            Run(entry, Id(traffic.Recipient(i)), i, Traffic.Time(i).UtcTicks, Id(traffic.Sender(i)), 2, contentOnce ? DBNull.Value : bytes);
            Run(entry, Id(traffic.Sender(i)), i, Traffic.Time(i).UtcTicks, Id(traffic.Recipient(i)), 1, contentOnce ? DBNull.Value : bytes);
            if (i % Group == Group - 1) commit.ExecuteNonQuery();
        }
        Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        return clock.Report(Messages, string.Create(CultureInfo.InvariantCulture, $"{Group,6:0.0} msg/commit  {new FileInfo(file).Length / 1048576.0,5:0} MB file"));

        long Id(Jid jid) => ids.TryGetValue(jid, out var id) ? id : ids[jid] = ids.Count;

        void Execute(string sql)
        {
            using var command = Command(sql);
            command.ExecuteNonQuery();
        }

        static void Run(SqliteCommand command, params ReadOnlySpan<object> values)
        {
            for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
            command.ExecuteNonQuery();
        }

        SqliteCommand Command(string sql, int parameters = 0)
        {
            var command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < parameters; i++) command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${i}"), DBNull.Value);
            if (parameters > 0) command.Prepare();
            return command;
        }
    }
}
