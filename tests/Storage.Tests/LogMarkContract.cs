namespace PresenceXml.Storage.Tests;

/// <summary>What holds of marks in every engine.</summary>
public abstract class LogMarkContract : StorageEngineContract
{
    [Test]
    public async Task Marks_come_back_with_their_entries_and_the_newest_of_a_handle_is_found([Values] Stage stage, [Values(1, 40)] int count)
    {
        var mine = Engine.NextSequence();
        var others = Engine.NextSequence();
        var unused = Engine.NextSequence();
        var expected = new List<LogMark?>();
        for (var i = 0; i < count; i++)
        {
            // Mine go up to the number of all, the others' stay behind; every third has none.
            LogMark? mark = (i % 3) switch { 0 => new(mine, uint.MaxValue - (uint)(count - i)), 1 => new(others, (uint)i), _ => null };
            expected.Add(mark);
            await Engine.Commit(new StorageBatch().Append(Log, Romeo, Entry(Engine.NextSequence(), Noon.AddSeconds(i)) with { Mark = mark }));
            if (i == count / 2) await ReachAsync(stage);
        }
        await ReachAsync(stage);
        Assert.That((await Engine.ReadLogAsync(Log, Romeo, new LogQuery())).Select(entry => entry.Mark), Is.EqualTo(expected));
        foreach (var handle in new[] { mine, others, unused })
            Assert.That(await Engine.FindMarkAsync(Log, Romeo, handle), Is.EqualTo(expected.LastOrDefault(mark => mark?.Handle == handle)));
        Assert.That(await Engine.FindMarkAsync(Log, Juliet, mine), Is.Null);
        Assert.That(await Engine.FindMarkAsync("other", Romeo, mine), Is.Null);
    }

    [Test]
    public async Task A_mark_outlives_its_entry_but_not_its_log([Values] Stage appended, [Values] Stage deleted)
    {
        var mark = new LogMark(Engine.NextSequence(), 7);
        var sequence = Engine.NextSequence();
        await Engine.Commit(new StorageBatch().Append(Log, Romeo, Entry(sequence, Noon) with { Mark = mark }));
        await FillAsync(Romeo, 3);
        await ReachAsync(appended);
        await Engine.Commit(new StorageBatch().DeleteEntries(Log, Romeo, [sequence]));
        await ReachAsync(deleted);
        Assert.That(await Engine.FindMarkAsync(Log, Romeo, mark.Handle), Is.EqualTo(mark));
        await Engine.Commit(new StorageBatch().DeleteLog(Log, Romeo));
        await ReachAsync(deleted);
        Assert.That(await Engine.FindMarkAsync(Log, Romeo, mark.Handle), Is.Null);
    }

    [Test]
    public async Task A_place_has_a_mark_and_nothing_else([Values] Stage stage)
    {
        var mark = new LogMark(Engine.NextSequence(), 3);
        var first = await FillAsync(Romeo, 1);
        var place = Engine.NextSequence();
        await Engine.Commit(new StorageBatch().AppendPlace(Log, Romeo, place, Noon.AddSeconds(2), mark));
        var last = Engine.NextSequence();
        await AppendAsync(Romeo, last, Noon.AddSeconds(3), Juliet);
        await ReachAsync(stage);
        Assert.That(await PageAsync(new()), Is.EqualTo(new[] { first[0], last }));
        Assert.That(await PageAsync(new() { After = place }), Is.EqualTo(new[] { last }));
        Assert.That(await Engine.ReadLogAsync(Log, Romeo, [place]), Is.Empty);
        Assert.That(await Engine.ReadUndeliveredAsync(Log, Romeo), Is.Empty);
        Assert.That(await Engine.HasPlaceAsync(Log, Romeo, place), Is.True);
        Assert.That(await Engine.FindMarkAsync(Log, Romeo, mark.Handle), Is.EqualTo(mark));
    }

    [Test]
    public async Task The_newest_mark_is_that_of_the_highest_sequence_in_whatever_order_they_were_committed([Values] Stage stage)
    {
        var handle = Engine.NextSequence();
        long[] sequences = [.. Enumerable.Range(0, 4).Select(_ => Engine.NextSequence())];
        foreach (var i in new[] { 3, 0, 2, 1 })
        {
            await Engine.Commit(new StorageBatch().Append(Log, Romeo, Entry(sequences[i], Noon.AddSeconds(i)) with { Mark = new(handle, (uint)i) }));
            if (i == 3) await ReachAsync(stage);
        }
        Assert.That(await Engine.FindMarkAsync(Log, Romeo, handle), Is.EqualTo(new LogMark(handle, 3)));
        await ReachAsync(stage);
        Assert.That(await Engine.FindMarkAsync(Log, Romeo, handle), Is.EqualTo(new LogMark(handle, 3)));
    }

    [Test]
    public async Task A_mark_that_lies_before_the_last_settled_entry_is_still_the_newest([Values] Stage stage)
    {
        var handle = Engine.NextSequence();
        long[] sequences = [.. Enumerable.Range(0, 3).Select(_ => Engine.NextSequence())];
        foreach (var i in new[] { 0, 2 })
            await Engine.Commit(new StorageBatch().Append(Log, Romeo, Entry(sequences[i], Noon.AddSeconds(i)) with { Mark = i == 0 ? new(handle, 1) : null }));
        await ReachAsync(stage);
        await Engine.Commit(new StorageBatch().Append(Log, Romeo, Entry(sequences[1], Noon.AddSeconds(1)) with { Mark = new(handle, 2) }));
        Assert.That(await Engine.FindMarkAsync(Log, Romeo, handle), Is.EqualTo(new LogMark(handle, 2)));
    }

    [Test]
    public async Task A_handle_comes_before_its_marks()
    {
        var sequence = Engine.NextSequence();
        foreach (var handle in new[] { -1, 0, sequence })
        {
            Assert.That(() => new StorageBatch().Append(Log, Romeo, Entry(sequence, Noon) with { Mark = new(handle, 1) }), Throws.InstanceOf<ArgumentException>());
            Assert.That(() => new StorageBatch().AppendPlace(Log, Romeo, sequence, Noon, new(handle, 1)), Throws.InstanceOf<ArgumentException>());
        }
        await Engine.Commit(new StorageBatch());
    }
}
