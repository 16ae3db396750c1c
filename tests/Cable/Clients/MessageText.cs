using System.Text;

namespace PresenceXml.Cable.Clients;

/// <summary>The text of a message, from its id alone, so that one that was cut or mixed up is seen.</summary>
internal static class MessageText
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz ";

    /// <summary>Mostly a line, at times a page, seldom more than a read or a write takes at once.</summary>
    public static string Of(string id)
    {
        uint state = 2166136261;
        foreach (char letter in id)
            state = (state ^ letter) * 16777619;
        int length = (state % 100) switch
        {
            < 80 => 10 + (int)(state % 90),
            < 98 => 200 + (int)(state % 1800),
            _ => 6000 + (int)(state % 14000),
        };
        var text = new StringBuilder(id, id.Length + 1 + length).Append(' ');
        for (int i = 0; i < length; i++)
        {
            state = (state * 1664525) + 1013904223;
            text.Append(Letters[(int)(state >> 16) % Letters.Length]);
        }
        return text.Append('.').ToString();
    }
}
