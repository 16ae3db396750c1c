using PresenceXml.Protocol;
using PresenceXml.Server.Modules.Archive;
using PresenceXml.Storage;
using PresenceXml.Testing;
using static PresenceXml.Server.Tests.Modules.Archive.ArchiveAsking;
using Answer = PresenceXml.Server.Tests.Modules.Archive.ArchiveAsking.Answer;

namespace PresenceXml.Server.Tests.Modules.Archive;

/// <summary>Whatever the page, the direction and the filter: a walk sees what matches, in order, each message once (XEP-0313 §4.3, XEP-0059 §2).</summary>
[Property("Spec", "MA-1,MA-3")]
public sealed class ArchivePagingTests : ServerFixture
{
    private const string Owner = Play.Juliet;
    private static readonly DateTimeOffset Beginning = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    protected override void Configure(TestServer.Settings settings)
    {
        settings.Clock.Advance(TimeSpan.FromDays(1));
        settings.ModuleOptions.Set("archive", new ArchiveOptions { PageBytes = 60000 });
    }

    [SetUp]
    public Task AddAccountsAsync() => Server.AddAccountsAsync(Play.Juliet, Play.Romeo);

    [Test]
    public async Task A_thousand_messages_both_ways_straight_and_flipped([Values(1, 49, 50, 250)] int size, [Values] bool backwards, [Values] bool flipped)
    {
        var batch = new StorageBatch();
        for (int i = 0; i < 1000; i++)
            Server.Append(batch, Owner, "romeo@localhost/orchard", i % 3 == 0, Beginning.AddSeconds(i / 10), $"{i}");
        await Server.Engine.Commit(batch);
        await using TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        List<string> walked = await WalkAsync(juliet, "", () => size, backwards, () => flipped);
        Assert.That(walked, Is.EqualTo(Enumerable.Range(0, 1000).Select(i => $"{i}")));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(5)]
    [TestCase(6)]
    public async Task Any_walk_equals_the_filtered_list(int seed)
    {
        var random = new Random(seed);
        List<Said> all = await FillAsync(random, 400);
        await using TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        for (int walk = 0; walk < 25; walk++)
        {
            (string form, Func<Said, bool> matches) = Filter(random, all);
            bool backwards = random.Next(2) == 0;
            string what = $"seed {seed}, walk {walk}, {(backwards ? "backwards" : "forwards")}: {form}";
            if (random.Next(3) == 0)
                await DeleteAsync(random, all);
            // In between some of what was seen, or is still to come, is deleted.
            var gone = new HashSet<string>();
            List<string> walked = await WalkAsync(
                juliet, form, () => random.Next(1, 40), backwards, () => random.Next(2) == 0,
                async () => gone.UnionWith(random.Next(8) == 0 ? await DeleteAsync(random, all) : []));
            Assert.That(walked.Where(body => !gone.Contains(body)), Is.EqualTo(all.Where(said => !said.IsGone && matches(said)).Select(said => said.Body)), what);
            Assert.That(walked, Is.Unique.And.Ordered.Using<string>((a, b) => int.Parse(a, null).CompareTo(int.Parse(b, null))), what);
        }
    }

    [Test]
    public async Task A_walk_while_messages_are_stored_skips_and_repeats_none()
    {
        const int Count = 600;
        await using TestClient juliet = await Server.ConnectAsync("juliet@localhost/balcony");
        await using TestClient phone = await Server.ConnectAsync("juliet@localhost/phone");
        TestClient[] senders = [await Server.ConnectAsync("romeo@localhost/1"), await Server.ConnectAsync("romeo@localhost/2"), phone];
        Task sending = Task.WhenAll(senders.Select(SayAsync));
        var walked = new List<string>();
        string? last = null;
        bool isOver = false;
        while (!isOver)
        {
            bool isSent = sending.IsCompleted;
            Answer page = await juliet.QueryAsync(Set(last is null ? "<max>7</max>" : $"<max>7</max><after>{last}</after>"));
            walked.AddRange(page.Ids);
            last = page.Last ?? last;
            isOver = isSent && page.IsComplete;
        }
        await sending;
        IReadOnlyList<LogEntry> stored = await Server.Engine.ReadLogAsync(InboxStore.Log, Jid.Parse(Owner), new LogQuery { Limit = int.MaxValue });
        Assert.That(stored, Has.Count.EqualTo(Count * senders.Length));
        Assert.That(walked, Is.EqualTo(stored.Select(entry => Server.Get<InboxStore>().StanzaId(Jid.Parse(Owner), entry.Sequence))));

        async Task SayAsync(TestClient sender)
        {
            await Task.Yield();
            for (int i = 0; i < Count; i++)
                await sender.SendAsync($"<message to='{(sender == phone ? Play.Romeo : Owner)}' type='chat'><body>{i}</body></message>");
        }
    }

    [Test]
    public async Task A_query_sees_what_anybody_has_seen_before_it()
    {
        // The commit takes its time; the message is delivered before.
        FaultyEngine? engine = null;
        await using TestServer server = await TestServer.StartAsync(settings => settings.Engine = inner => engine = new FaultyEngine(inner));
        await server.AddAccountsAsync(Play.Juliet, Play.Romeo);
        await using TestClient romeo = await server.LoginAsync("romeo@localhost/orchard");
        await using TestClient juliet = await server.LoginAsync("juliet@localhost/balcony");
        await using TestClient other = await server.ConnectAsync("romeo@localhost/other");
        engine!.HoldCommits();
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>b</body></message>");
        await juliet.ExpectAsync("<message><body>b</body></message>");
        engine.FailsReads = true;
        Task asking = other.SendAsync($"<iq type='set' id='q'><query xmlns='{Ns}'/></iq>");
        Assert.That(asking.IsCompleted, Is.False, "it waits for the commit and does not read");
        engine.FailsReads = false;
        engine.LetCommitsEnd();
        await asking;
        await other.ExpectAsync($"<message><result xmlns='{Ns}'/></message>");
        await other.ExpectAsync($"<iq id='q' type='result'><fin xmlns='{Ns}' complete='true'/></iq>");
    }

    [Test]
    public async Task A_store_that_takes_nothing_new_is_still_read()
    {
        FaultyEngine? engine = null;
        await using TestServer server = await TestServer.StartAsync(settings => settings.Engine = inner => engine = new FaultyEngine(inner));
        await server.AddAccountsAsync(Play.Juliet, Play.Romeo);
        await using TestClient romeo = await server.LoginAsync("romeo@localhost/orchard");
        await romeo.SendAsync("<message to='juliet@localhost' type='chat'><body>b</body></message>");
        await romeo.ExpectNothingAsync();
        engine!.FailsCommits = true;
        Assert.That((await romeo.QueryAsync()).Bodies, Is.EqualTo(new[] { "b" }));
        engine.FailsCommits = false;
    }

    private static async Task<List<string>> WalkAsync(
        TestClient client, string form, Func<int> size, bool backwards, Func<bool> flips, Func<Task>? between = null)
    {
        var walked = new List<string>();
        string? edge = null;
        while (true)
        {
            bool flip = flips();
            string place = backwards ? $"<before>{edge}</before>" : edge is null ? "" : $"<after>{edge}</after>";
            Answer page = await client.QueryAsync(form + Set($"<max>{size()}</max>{place}") + (flip ? "<flip-page/>" : ""));
            IEnumerable<string> bodies = flip ? page.Bodies.Reverse() : page.Bodies;
            if (page.Results.Count > 0)
                Assert.That((page.First, page.Last), Is.EqualTo(flip ? (page.Ids[^1], page.Ids[0]) : (page.Ids[0], page.Ids[^1])));
            walked.InsertRange(backwards ? 0 : walked.Count, bodies);
            if (page.IsComplete)
                return walked;
            Assert.That(page.Results, Is.Not.Empty, "or nobody could go on");
            edge = backwards ? page.First : page.Last;
            if (between is not null)
                await between();
        }
    }

    // With what only waits for delivery in between, in the tail of the store and in its chunks.
    private async Task<List<Said>> FillAsync(Random random, int count)
    {
        string[] peers = ["romeo@localhost/orchard", "romeo@localhost", "nurse@elsewhere.example/a", "nurse@elsewhere.example/b", "capulet@elsewhere.example", "juliet@localhost/phone"];
        var all = new List<Said>();
        DateTimeOffset time = Beginning;
        var batch = new StorageBatch();
        for (int i = 0; i < count; i++)
        {
            time += TimeSpan.FromTicks(random.Next(3) == 0 ? 0 : random.Next(20_000_000));
            string peer = peers[random.Next(peers.Length)], body = $"{i}";
            bool outgoing = random.Next(2) == 0, passing = random.Next(10) == 0;
            long sequence = Server.Append(batch, Owner, peer, outgoing, time, body, random.Next(9) == 0 ? 9000 : 0, passing ? InboxStore.Passing : "", passing);
            if (!passing)
                all.Add(new Said(sequence, peer, time, body));
            // Most are merged into chunks, the youngest are not.
            if (i != count * 3 / 4) continue;
            await Server.Engine.Commit(batch);
            await Server.RestartAsync();
            batch = new StorageBatch();
        }
        await Server.Engine.Commit(batch);
        return all;
    }

    private async Task<IReadOnlyCollection<string>> DeleteAsync(Random random, List<Said> all)
    {
        Said[] left = [.. all.Where(said => !said.IsGone)];
        if (left.Length < 50) return [];
        Said[] chosen = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => left[random.Next(left.Length)]).Distinct()];
        foreach (Said said in chosen)
            said.IsGone = true;
        await Server.Engine.Commit(new StorageBatch().DeleteEntries(InboxStore.Log, Jid.Parse(Owner), [.. chosen.Select(said => said.Sequence)]));
        return [.. chosen.Select(said => said.Body)];
    }

    private (string Form, Func<Said, bool> Matches) Filter(Random random, List<Said> all)
    {
        var fields = new List<(string, string)>();
        Func<Said, bool> matches = static _ => true;
        if (random.Next(2) == 0)
        {
            string with = all[random.Next(all.Count)].Peer;
            if (random.Next(2) == 0) with = Jid.Parse(with).Bare.ToString();
            fields.Add(("with", with));
            Jid jid = Jid.Parse(with);
            // One's own resource is the peer of what one wrote to oneself, here.
            And(said => jid.IsFull ? said.Peer == with : Jid.Parse(said.Peer).Bare == jid);
        }
        if (random.Next(3) == 0)
        {
            DateTimeOffset start = Moment();
            fields.Add(("start", Text(start)));
            And(said => Stamp(said.Time) >= start);
        }
        if (random.Next(3) == 0)
        {
            DateTimeOffset end = Moment();
            fields.Add(("end", Text(end)));
            And(said => Stamp(said.Time) <= end);
        }
        if (random.Next(3) == 0)
        {
            Said bound = all[random.Next(all.Count)];
            fields.Add(("after-id", Id(bound)));
            And(said => said.Sequence > bound.Sequence);
        }
        if (random.Next(3) == 0)
        {
            Said bound = all[random.Next(all.Count)];
            fields.Add(("before-id", Id(bound)));
            And(said => said.Sequence < bound.Sequence);
        }
        return (Form([.. fields]), matches);

        void And(Func<Said, bool> more)
        {
            Func<Said, bool> before = matches;
            matches = said => before(said) && more(said);
        }

        DateTimeOffset Moment() => all[random.Next(all.Count)].Time + TimeSpan.FromTicks(random.Next(-3, 4) * 1000);

        string Id(Said said) => Server.Get<InboxStore>().StanzaId(Jid.Parse(Owner), said.Sequence);

        static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", null);

        static DateTimeOffset Stamp(DateTimeOffset time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
    }

    private sealed record Said(long Sequence, string Peer, DateTimeOffset Time, string Body)
    {
        public bool IsGone { get; set; }
    }
}
