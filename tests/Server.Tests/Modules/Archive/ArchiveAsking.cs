using System.Globalization;
using System.Text;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Modules.Archive;
using PresenceXml.Storage;
using PresenceXml.Testing;

namespace PresenceXml.Server.Tests.Modules.Archive;

/// <summary>How the tests ask an archive.</summary>
internal static class ArchiveAsking
{
    public const string Ns = ArchiveModule.Ns;
    public const string Rsm = "http://jabber.org/protocol/rsm";

    /// <summary>A form with these fields.</summary>
    public static string Form(params (string Name, string Value)[] fields)
    {
        var form = new StringBuilder($"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>{Ns}</value></field>");
        foreach (var field in fields.GroupBy(field => field.Name))
            form.Append(CultureInfo.InvariantCulture, $"<field var='{field.Key}'>{string.Concat(field.Select(one => $"<value>{one.Value}</value>"))}</field>");
        return form.Append("</x>").ToString();
    }

    public static string Set(string content) => $"<set xmlns='{Rsm}'>{content}</set>";

    /// <summary>Asks and takes what comes up to the answer.</summary>
    public static async Task<Answer> QueryAsync(this TestClient client, string content = "", string attributes = "")
    {
        await client.SendAsync($"<iq type='set' id='query'><query xmlns='{Ns}' queryid='q'{attributes}>{content}</query></iq>");
        IReadOnlyList<Element> all = await client.DrainAsync();
        Assert.That(all, Is.Not.Empty);
        Assert.That(all[^1]["id"], Is.EqualTo("query"), "the answer comes behind the last result");
        return new Answer([.. all.SkipLast(1)], all[^1]);
    }

    /// <summary>Puts a message into an account's log as if it had been exchanged, without a client.</summary>
    public static long Append(
        this TestServer server, StorageBatch batch, string account, string peer, bool outgoing, DateTimeOffset time, string body, int size = 0, string box = "", bool undelivered = false)
    {
        long sequence = server.Engine.NextSequence();
        Jid owner = Jid.Parse(account), other = Jid.Parse(peer);
        var message = new Protocol.Stanzas.Message
        {
            Type = Protocol.Stanzas.MessageType.Chat,
            From = outgoing ? owner : other,
            To = outgoing ? other : owner,
            Id = body,
            Content = Protocol.Stanzas.StanzaContent.Of(new Element(Namespaces.Client, "body", body), new Element(Namespaces.Client, "subject", new string('x', size))),
        };
        batch.Append(InboxStore.Log, owner.Bare, sequence, time, other.Bare, box, outgoing, undelivered, LogContent.Of(message));
        return sequence;
    }

    /// <summary>What came of a query.</summary>
    internal sealed record Answer(IReadOnlyList<Element> Results, Element Iq)
    {
        public Element Fin => Iq.Child(Ns, "fin") ?? throw new AssertionException($"no fin: {Iq}");

        public bool IsComplete => Fin["complete"] == "true";

        public string? First => Fin.Child(Rsm, "set")!.Child(Rsm, "first")?.Text;

        public string? Last => Fin.Child(Rsm, "set")!.Child(Rsm, "last")?.Text;

        public string? Count => Fin.Child(Rsm, "set")!.Child(Rsm, "count")?.Text;

        public IReadOnlyList<string> Ids => [.. Results.Select(result => result.Child(Ns, "result")!["id"]!)];

        public IReadOnlyList<string> Bodies => [.. Results.Select(Forwarded).Select(message => message.Child(Namespaces.Client, "body")!.Text)];

        public static Element Forwarded(Element result) =>
            result.Child(Ns, "result")!.Child("urn:xmpp:forward:0", "forwarded")!.Child(Namespaces.Client, "message")!;
    }
}
