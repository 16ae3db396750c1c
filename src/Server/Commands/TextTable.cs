namespace PresenceXml.Server.Commands;

/// <summary>Rows of text in columns.</summary>
internal static class TextTable
{
    /// <summary>A line for each row; the first holds the headings.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
