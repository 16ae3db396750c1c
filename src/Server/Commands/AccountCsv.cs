using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Commands;

/// <summary>One account to import: a prepared password, or keys that are ready.</summary>
internal sealed record ImportedAccount(Jid Jid, string? Password, IReadOnlyList<ScramKeys> Keys);

/// <summary>
/// Reads <c>jid,password</c> or <c>jid,,SCRAM-SHA-1:iterations:salt:storedKey:serverKey;…</c>, UTF-8, quoting by RFC 4180, with or without
/// a first line of headings that begins with "jid". Nothing is imported of a file with an error in it.
/// </summary>
internal static class AccountCsv
{
    /// <exception cref="CommandRefusedException">Naming file, line and what was expected.</exception>
    public static IReadOnlyList<ImportedAccount> Read(TextReader text, string name)
    {
        var accounts = new List<ImportedAccount>();
        var seen = new HashSet<Jid>();
        int next = 1;
        while (true)
        {
            int line = next;
            if (ReadRecord(text, name, ref next) is not { } fields) return accounts;
            if (fields is [""]) continue;
            if (accounts.Count == 0 && line == 1 && fields[0].Trim().Equals("jid", StringComparison.OrdinalIgnoreCase)) continue;
            ImportedAccount account = Parse(fields, $"{name}:{line}");
            if (!seen.Add(account.Jid)) throw new CommandRefusedException($"{name}:{line}: {account.Jid} stands here twice");
            accounts.Add(account);
        }
    }

    private static ImportedAccount Parse(List<string> fields, string place)
    {
        if (fields.Count is < 2 or > 3) throw new CommandRefusedException($"{place}: expected jid,password or jid,,keys");
        if (!Jid.TryParse(fields[0].Trim(), out Jid? jid) || jid.Local is null || jid.IsFull) throw new CommandRefusedException($"{place}: \"{fields[0]}\" is no address such as name@example.org");
        string keyText = fields.Count == 3 ? fields[2].Trim() : "";
        if ((fields[1].Length == 0) == (keyText.Length == 0)) throw new CommandRefusedException($"{place}: expected either a password or keys");
        if (keyText.Length > 0)
        {
            return ScramKeyText.TryParse(keyText, out IReadOnlyList<ScramKeys>? keys) ? new ImportedAccount(jid, null, keys)
                : throw new CommandRefusedException($"{place}: expected keys as mechanism:iterations:salt:storedKey:serverKey, several joined by \";\"");
        }
        return JidPreparation.TryPassword(fields[1], out string? prepared) ? new ImportedAccount(jid, prepared, [])
            : throw new CommandRefusedException($"{place}: the password has characters that none may have (RFC 8265 §4.2)");
    }

    /// <summary>The fields of the next record; null at the end.</summary>
    private static List<string>? ReadRecord(TextReader text, string name, ref int line)
    {
        if (text.Peek() < 0) return null;
        int start = line;
        var fields = new List<string>();
        var field = new StringBuilder();
        bool quoted = false, wasQuoted = false;
        while (true)
        {
            int next = text.Read();
            if (quoted)
            {
                if (next < 0) throw new CommandRefusedException($"{name}:{start}: a quotation mark is not closed");
                if (next == '\n') line++;
                if (next != '"') field.Append((char)next);
                else if (text.Peek() == '"') field.Append((char)text.Read());
                else quoted = false;
            }
            else if (next == '"' && field.Length == 0 && !wasQuoted)
            {
                quoted = wasQuoted = true;
            }
            else if (next is ',' or '\n' || next < 0)
            {
                if (next != ',' && !wasQuoted && field.Length > 0 && field[^1] == '\r') field.Length--;
                fields.Add(field.ToString());
                field.Clear();
                wasQuoted = false;
                if (next == ',') continue;
                line++;
                return fields;
            }
            else if (!wasQuoted)
            {
                field.Append((char)next);
            }
            else if (next != '\r')
            {
                throw new CommandRefusedException($"{name}:{start}: something stands behind a closed quotation mark");
            }
        }
    }
}
