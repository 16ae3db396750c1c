using System.Text;
using PresenceXml.Protocol;

namespace PresenceXml.Storage.Bench;

/// <summary>One-to-one messages with 100-byte bodies (270 bytes in canonical form) between so many accounts.</summary>
internal sealed class Traffic
{
    public const int Window = 2000;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly Jid[] accounts;
    private readonly string body = new('x', 100);

    public Traffic(int count, params ReadOnlySpan<Jid> more) => accounts = [.. Enumerable.Range(0, count).Select(i => Jid.Parse($"user{i:00000}@example.org")), .. more];

    public Jid Sender(int i) => accounts[i % accounts.Length];

    // Each account writes to eight others in turn.
    public Jid Recipient(int i) => accounts[(i + 1 + (i / accounts.Length % 8)) % accounts.Length];

    public static DateTimeOffset Time(int i) => Start.AddSeconds(i);

    public byte[] Content(int i) => Encoding.UTF8.GetBytes(
        $"<message xmlns='jabber:client' from='{Sender(i)}/desktop' to='{Recipient(i)}' type='chat' id='{i:x8}-0000-4000-8000-000000000000'><body>{body}</body><origin-id xmlns='urn:xmpp:sid:0' id='{i:x8}'/></message>");
}
