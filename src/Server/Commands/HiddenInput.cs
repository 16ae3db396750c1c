using System.Text;

namespace PresenceXml.Server.Commands;

/// <summary>Reads a line from a terminal key by key, showing nothing.</summary>
/// <param name="prompt">Where the question goes.</param>
/// <param name="readKey">The next key, not echoed.</param>
internal sealed class HiddenInput(TextWriter prompt, Func<ConsoleKeyInfo> readKey)
{
    public string Ask(string question)
    {
        prompt.Write(question);
        prompt.Flush();
        var typed = new StringBuilder();
        while (true)
        {
            ConsoleKeyInfo key = readKey();
            if (key.Key == ConsoleKey.Enter) break;
            if (key.Key == ConsoleKey.Backspace) typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar)) typed.Append(key.KeyChar);
        }
        prompt.WriteLine();
        return typed.ToString();
    }
}
