using PresenceXml.Protocol;
using PresenceXml.Protocol.Roster;
using PresenceXml.Storage.Binary;

namespace PresenceXml.Storage;

/// <summary>
/// The binary form of a roster item; its contact is the key. Form 1: a form byte, the subscription state, flags (approved 1, in the
/// roster 2, has a name 4, has a pending request 8, is withheld from 16), the version, the name, the groups, the request, what was told last.
/// </summary>
internal static class RosterItemForm
{
    private const byte Form = 1;
    private const int ApprovedFlag = 1, InRosterFlag = 2, NameFlag = 4, RequestFlag = 8, WithheldFlag = 16;

    public static byte[] Write(RosterItem item)
    {
        var writer = new ByteWriter(64);
        writer.Byte(Form);
        writer.Byte(Number(item.State));
        writer.Byte((byte)((item.Approved ? ApprovedFlag : 0) | (item.InRoster ? InRosterFlag : 0)
            | (item.Name is not null ? NameFlag : 0) | (item.PendingRequest is not null ? RequestFlag : 0)
            | (item.Withheld is not null ? WithheldFlag : 0)));
        writer.Unsigned((ulong)item.Version);
        if (item.Name is { } name) writer.Text(name);
        writer.Number(item.Groups.Count);
        foreach (var group in item.Groups) writer.Text(group);
        if (item.PendingRequest is { } request) writer.Bytes(request.Span);
        if (item.Withheld is { } withheld) writer.Bytes(withheld.Span);
        return writer.ToArray();
    }

    public static RosterItem Read(Jid contact, ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.Byte() != Form) throw ByteReader.Damaged();
        var state = State(reader.Byte());
        var flags = reader.Byte();
        var version = (long)reader.Unsigned();
        var name = (flags & NameFlag) != 0 ? reader.Text() : null;
        var groups = new string[Math.Min(reader.Number(), bytes.Length)];
        foreach (ref var group in groups.AsSpan()) group = reader.Text();
        return new(contact)
        {
            State = state,
            Approved = (flags & ApprovedFlag) != 0,
            InRoster = (flags & InRosterFlag) != 0,
            Version = version,
            Name = name,
            Groups = groups,
            PendingRequest = (flags & RequestFlag) != 0 ? reader.Bytes().ToArray() : default(ReadOnlyMemory<byte>?),
            Withheld = (flags & WithheldFlag) != 0 ? reader.Bytes().ToArray() : default(ReadOnlyMemory<byte>?),
        };
    }

    // Numbers of the form, whatever the enumeration's become.
    private static byte Number(SubscriptionState state) => state switch
    {
        SubscriptionState.None => 0,
        SubscriptionState.NonePendingOut => 1,
        SubscriptionState.NonePendingIn => 2,
        SubscriptionState.NonePendingOutIn => 3,
        SubscriptionState.To => 4,
        SubscriptionState.ToPendingIn => 5,
        SubscriptionState.From => 6,
        SubscriptionState.FromPendingOut => 7,
        SubscriptionState.Both => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    private static SubscriptionState State(byte number) => number switch
    {
        0 => SubscriptionState.None,
        1 => SubscriptionState.NonePendingOut,
        2 => SubscriptionState.NonePendingIn,
        3 => SubscriptionState.NonePendingOutIn,
        4 => SubscriptionState.To,
        5 => SubscriptionState.ToPendingIn,
        6 => SubscriptionState.From,
        7 => SubscriptionState.FromPendingOut,
        8 => SubscriptionState.Both,
        _ => throw ByteReader.Damaged(),
    };
}
