using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Cable.Clients;

/// <summary>From a connection to an authenticated stream: SASL PLAIN, without TLS too, which a test's server on loopback allows.</summary>
internal static class Login
{
    /// <summary>Returns the features of the authenticated stream.</summary>
    /// <exception cref="LineLostException">It ended, or did not answer in time, or turned the client away.</exception>
    public static async Task<Element> RunAsync(Connection connection, Account account, TimeSpan patience, Action begun)
    {
        connection.Send(Header(account.Domain));
        await ExpectAsync(connection, Namespaces.Streams, "features", patience);
        begun();
        connection.Send($"<auth xmlns='{Namespaces.Sasl}' mechanism='PLAIN'>{Plain(account)}</auth>");
        await ExpectAsync(connection, Namespaces.Sasl, "success", patience);
        connection.Send(Header(account.Domain));
        return await ExpectAsync(connection, Namespaces.Streams, "features", patience);
    }

    /// <summary>Signs in with everything that is asked for beside it (XEP-0388). Returns <c>success</c>.</summary>
    /// <exception cref="LineLostException">It ended, or did not answer in time, or turned the client away.</exception>
    public static async Task<Element> SignInAsync(Connection connection, Account account, TimeSpan patience, Action begun, string beside)
    {
        connection.Send(Header(account.Domain));
        await ExpectAsync(connection, Namespaces.Streams, "features", patience);
        begun();
        connection.Send($"<authenticate xmlns='{Names.Sasl2}' mechanism='PLAIN'><initial-response>{Plain(account)}</initial-response>{beside}</authenticate>");
        return await ExpectAsync(connection, Names.Sasl2, "success", patience);
    }

    /// <summary>The next element, which has to be this one.</summary>
    /// <exception cref="LineLostException">It is another, or none came in time.</exception>
    public static async Task<Element> ExpectAsync(Connection connection, string ns, string name, TimeSpan patience)
    {
        Element element = await connection.ReceiveAsync(patience) ?? throw new LineLostException($"no {name} in time");
        return element.Is(ns, name) ? element : throw new LineLostException($"{element} in place of {name}");
    }

    private static string Plain(Account account) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{account.Local}\0{account.Password}"));

    private static string Header(string domain) =>
        $"<?xml version='1.0'?><stream:stream xmlns='{Namespaces.Client}' xmlns:stream='{Namespaces.Streams}' to='{domain}' version='1.0'>";
}
