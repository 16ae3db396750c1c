using PresenceXml.Server.Tests.Streams;

namespace PresenceXml.Server.Tests.Disclosure;

/// <summary>A client over a stream whose every byte is kept.</summary>
internal sealed class Speaker(TestClient client, string address)
{
    private int fences;

    public string Address { get; } = address;

    /// <summary>Sends stanzas and returns all that came until they were dealt with, as it stood on the stream.</summary>
    public async Task<string> SayAsync(string xml)
    {
        string fence = $"fence-{++fences}";
        await client.SendAsync($"{xml}<iq type='get' id='{fence}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
        string said = await client.ReadToAsync($"{fence}'");
        await client.ReadToAsync(">");
        return said[..said.LastIndexOf("<iq", StringComparison.Ordinal)];
    }

    public Task LeaveAsync(string last = "") => client.SendAsync($"{last}</stream:stream>");

    public Task<string> ReadToEndAsync() => client.ReadToEndAsync();
}
