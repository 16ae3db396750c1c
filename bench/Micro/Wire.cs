using System.Text;

namespace PresenceXml.Bench.Micro;

/// <summary>What the benchmarks read: stanzas as desktop clients write them.</summary>
internal static class Wire
{
    public static readonly byte[] Header = Encoding.UTF8.GetBytes(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>");

    /// <summary>A chat message of 200 bytes.</summary>
    public static readonly byte[] Message = Encoding.UTF8.GetBytes(
        "<message to='juliet@localhost/balcony' type='chat' id='m000000001'><active xmlns='http://jabber.org/protocol/chatstates'/>"
        + "<body>Neither, fair saint, if either thee dislike. And so on.</body></message>");

    /// <summary>As long, but not for the logs.</summary>
    public static readonly byte[] PassingMessage = Encoding.UTF8.GetBytes(
        "<message to='juliet@localhost/balcony' type='chat' id='m000000002'><no-store xmlns='urn:xmpp:hints'/>"
        + "<body>Neither, fair saint, if either thee dislike. And so on. And then, some more.</body></message>");

    /// <summary>A presence with entity capabilities.</summary>
    public static readonly byte[] Presence = Encoding.UTF8.GetBytes(
        "<presence><show>away</show><status>out for tea</status><priority>5</priority>"
        + "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://gajim.org' ver='MqxGMWKXzTZTEtmjgVMlhCUsUZ0='/></presence>");

    /// <summary>Twenty delivery rules of four kinds, of which none holds for the messages above.</summary>
    public static readonly byte[] DeliveryRules = Encoding.UTF8.GetBytes(
        "<iq type='set' id='rules'><delivery xmlns='urn:x-presencexml:delivery:0' ver='0'>" + string.Concat(Enumerable.Range(0, 20).Select(static i => $"<rule name='r{i}'>" + (i % 4) switch
        {
            0 => $"<from jid='nobody{i}@elsewhere.example'/>",
            1 => $"<from group='Group {i}'/>",
            2 => $"<body contains='no such words {i}'/>",
            _ => $"<has ns='urn:example:{i}'/>",
        } + "<fileinto box='other'/></rule>")) + "</delivery></iq>");
}
