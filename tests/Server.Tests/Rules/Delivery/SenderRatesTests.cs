using PresenceXml.Protocol;
using PresenceXml.Server.Rules.Delivery;
using PresenceXml.Storage;

namespace PresenceXml.Server.Tests.Rules.Delivery;

/// <summary>What rules count and remember of senders.</summary>
public sealed class SenderRatesTests
{
    private static readonly Jid Juliet = Jid.Parse("juliet@localhost");
    private static readonly Jid Romeo = Jid.Parse("romeo@montague.example");
    private readonly DateTimeOffset start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public void It_counts_what_came_within_the_time_of_each_sender_by_himself()
    {
        var rates = new SenderRates();
        TimeSpan minute = TimeSpan.FromMinutes(1);
        int last = 0;
        for (int i = 0; i < 10; i++)
            last = rates.Count(Juliet, Romeo, minute, start.AddSeconds(i), isCounted: true);
        Assert.That(last, Is.EqualTo(10));
        Assert.That(rates.Count(Juliet, Jid.Parse("other@x.example"), minute, start, isCounted: true), Is.EqualTo(1));
        Assert.That(rates.Count(Jid.Parse("nurse@localhost"), Romeo, minute, start, isCounted: true), Is.EqualTo(1));
        Assert.That(rates.Count(Juliet, Romeo, minute, start.AddSeconds(9), isCounted: false), Is.EqualTo(11));
        Assert.That(rates.Count(Juliet, Romeo, minute, start.AddSeconds(9), isCounted: false), Is.EqualTo(11), "what did not come does not count");
        Assert.That(rates.Count(Juliet, Romeo, minute, start.AddSeconds(90), isCounted: true), Is.EqualTo(6), "half a minute on, half of them are within one");
        Assert.That(rates.Count(Juliet, Romeo, minute, start.AddSeconds(600), isCounted: true), Is.EqualTo(1));
    }

    [Test]
    public void Notes_are_bounded_by_kind_and_the_oldest_goes_first()
    {
        DeliveryNotes notes = DeliveryNotes.Empty;
        notes = notes.Add(DeliveryNoteKind.Wrote, "friend@x.example", start, new StorageBatch(), "c", Juliet);
        for (int i = 0; i < 2 * DeliveryNotes.Max; i++)
            notes = notes.Add(DeliveryNoteKind.Heard, $"s{i}@x.example", start.AddSeconds(i), new StorageBatch(), "c", Juliet);
        Assert.That(notes.Count(DeliveryNoteKind.Heard), Is.InRange(DeliveryNotes.Max - (DeliveryNotes.Max / 10), DeliveryNotes.Max));
        Assert.That(notes.Find(DeliveryNoteKind.Heard, "s0@x.example"), Is.Null);
        Assert.That(notes.Find(DeliveryNoteKind.Heard, "s999@x.example"), Is.EqualTo(start.AddSeconds(999)));
        Assert.That(notes.Find(DeliveryNoteKind.Wrote, "friend@x.example"), Is.EqualTo(start), "a flood of strangers makes nobody forget whom he wrote to");
    }
}
