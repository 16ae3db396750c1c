namespace PresenceXml.Protocol.Xml;

/// <summary>What the frozen part of <see cref="NameTable"/> holds: names, namespaces and values that clients send at every turn.</summary>
internal static class UsualNames
{
    /// <summary>No more than a few hundred: the table they go into has 2048 places.</summary>
    public static IEnumerable<string> All =>
    [
        .. """
           message presence iq stream features error body subject thread show status priority query item group to from id type lang xml
           xmlns version name node var jid affiliation role code reason password text x field value option form submit result cancel set get
           chat groupchat headline normal available unavailable subscribe subscribed unsubscribe unsubscribed probe en de fr es ru
           away xa dnd bind resource session starttls proceed failure auth response challenge success abort mechanism mechanisms required
           optional c hash ver active composing paused inactive gone request received displayed markable acknowledged propose accept
           proceed reject retract delay stamp forwarded private enable enabled disable resume resumed failed r a h max location previd
           ping time tzo utc vCard PHOTO BINVAL TYPE FN NICKNAME blocklist block unblock pubsub items publish publish-options configure
           event subscriptions subscription affiliations collection notification data metadata info bytes width height url desc
           nick conference autojoin storage first last index count before after with start end fin complete sid rid key iv payload header
           encrypted encryption namespace origin-id stanza-id by store no-store no-copy no-permanent-store replace sent carbons
           identity feature category slot put size content-type filename content description transport candidate fallback reactions
           reaction reply html p span a br br style href session-initiate session-accept session-terminate jingle action initiator
           ask approved ns invite decline history maxstanzas seconds since maxchars destroy admin actor
           stream:stream xml:lang none both remove true false 0 1 1.0 cs csi
           """.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries),
        Namespaces.Xml, Namespaces.Xmlns, Namespaces.Streams, Namespaces.Client, Namespaces.Server, Namespaces.StreamErrors,
        Namespaces.StanzaErrors, Namespaces.Tls, Namespaces.Sasl, Namespaces.Bind, Namespaces.Session, Namespaces.Roster,
        Namespaces.Delay, Namespaces.StanzaId,
        .. """
           http://jabber.org/protocol/activity http://jabber.org/protocol/address http://jabber.org/protocol/amp
           http://jabber.org/protocol/bytestreams http://jabber.org/protocol/caps http://jabber.org/protocol/chatstates
           http://jabber.org/protocol/commands http://jabber.org/protocol/disco#info http://jabber.org/protocol/disco#items
           http://jabber.org/protocol/geoloc http://jabber.org/protocol/ibb http://jabber.org/protocol/mood
           http://jabber.org/protocol/muc http://jabber.org/protocol/muc#admin http://jabber.org/protocol/muc#owner
           http://jabber.org/protocol/muc#user http://jabber.org/protocol/nick http://jabber.org/protocol/offline
           http://jabber.org/protocol/pubsub http://jabber.org/protocol/pubsub#errors http://jabber.org/protocol/pubsub#event
           http://jabber.org/protocol/pubsub#owner http://jabber.org/protocol/rsm http://jabber.org/protocol/si
           http://jabber.org/protocol/tune http://jabber.org/protocol/xhtml-im http://www.w3.org/1999/xhtml
           eu.siacs.conversations.axolotl eu.siacs.conversations.axolotl.devicelist google:queue
           jabber:iq:auth jabber:iq:gateway jabber:iq:last jabber:iq:oob jabber:iq:privacy jabber:iq:private jabber:iq:register
           jabber:iq:search jabber:iq:time jabber:iq:version jabber:server:dialback jabber:x:conference jabber:x:data jabber:x:delay
           jabber:x:encrypted jabber:x:event jabber:x:oob jabber:x:signed roster:delimiter storage:bookmarks storage:rosternotes
           urn:xmpp:attention:0 urn:xmpp:avatar:data urn:xmpp:avatar:metadata urn:xmpp:bind2:0 urn:xmpp:blocking urn:xmpp:bob
           urn:xmpp:bookmarks:1 urn:xmpp:caps urn:xmpp:carbons:2 urn:xmpp:chat-markers:0 urn:xmpp:csi:0 urn:xmpp:delay
           urn:xmpp:eme:0 urn:xmpp:fallback:0 urn:xmpp:features:dialback urn:xmpp:features:rosterver urn:xmpp:forward:0
           urn:xmpp:hashes:2 urn:xmpp:hints urn:xmpp:http:upload:0 urn:xmpp:idle:1 urn:xmpp:invite urn:xmpp:jingle-message:0
           urn:xmpp:jingle:1 urn:xmpp:mam:2 urn:xmpp:message-correct:0 urn:xmpp:message-retract:1 urn:xmpp:occupant-id:0
           urn:xmpp:omemo:2 urn:xmpp:ping urn:xmpp:pre-approval urn:xmpp:push:0 urn:xmpp:reactions:0 urn:xmpp:receipts
           urn:xmpp:reply:0 urn:xmpp:sasl:2 urn:xmpp:sid:0 urn:xmpp:sm:2 urn:xmpp:sm:3 urn:xmpp:spoiler:0 urn:xmpp:time
           urn:xmpp:vcard4 vcard-temp vcard-temp:x:update
           """.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries),
    ];
}
