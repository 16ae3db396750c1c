using PresenceXml.Cable.Judging;

namespace PresenceXml.Cable.Sabotages;

/// <summary>One way in which the test itself does on a healthy line what no server may do, so that it is seen to find it.</summary>
/// <param name="Name">For <c>--sabotage</c>.</param>
/// <param name="Does">What it does.</param>
/// <param name="Verdict">What has to be found of the message concerned.</param>
/// <param name="OnManaged">True: to a device with SM; false: to one with neither SM nor MAM.</param>
/// <param name="ToServer">True: to what the device sends.</param>
internal sealed record Sabotage(string Name, string Does, Verdict Verdict, bool OnManaged, bool ToServer)
{
    /// <summary>The client pretends that a message was acknowledged which it never sent.</summary>
    public const string Pretend = "ack";

    public static readonly IReadOnlyList<Sabotage> All =
    [
        new("drop", "a message to a device with SM is dropped", Verdict.Lost, OnManaged: true, ToServer: false),
        new("drop-sent", "a message from a device is dropped, and what comes behind it is answered", Verdict.Lost, OnManaged: false, ToServer: true),
        new("double", "a message to a device comes twice", Verdict.Doubled, OnManaged: false, ToServer: false),
        new("swap", "two messages to a device with SM change places", Verdict.Disordered, OnManaged: true, ToServer: false),
        new("swap-sent", "two messages from a device with SM change places", Verdict.Disordered, OnManaged: true, ToServer: true),
        new("rename", "a message to a device has another stanza-id than in the archive", Verdict.Doubled, OnManaged: false, ToServer: false),
        new("alter", "a message to a device has another text", Verdict.Altered, OnManaged: false, ToServer: false),
        new(Pretend, "a client takes a message for acknowledged that it never sent", Verdict.Lost, OnManaged: true, ToServer: true),
    ];
}
