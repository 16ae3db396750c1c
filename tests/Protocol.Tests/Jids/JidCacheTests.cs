using System.Text;

namespace PresenceXml.Protocol.Tests.Jids;

public sealed class JidCacheTests
{
    [Test]
    public void A_known_address_is_found_without_allocating()
    {
        var cache = new JidCache();
        byte[] known = Encoding.UTF8.GetBytes("juliet@example.com/balcony");
        Assert.That(cache.TryParse(known, out Jid? first), Is.True);

        long before = GC.GetAllocatedBytesForCurrentThread();
        bool found = cache.TryParse(known, out Jid? second);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(found, Is.True);
        Assert.That(second, Is.SameAs(first));
        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void Spellings_are_found_too_and_mean_the_same()
    {
        var cache = new JidCache();
        byte[] spelling = Encoding.UTF8.GetBytes("Juli\u00CBt@Example.COM.");
        Assert.That(cache.TryParse(spelling, out Jid? first), Is.True);
        Assert.That(first!.ToString(), Is.EqualTo("juli\u00EBt@example.com"));
        Assert.That(cache.TryParse(spelling, out Jid? second), Is.True);
        Assert.That(second, Is.SameAs(first));
    }

    [Test]
    public void Entries_do_not_hold_on_to_the_callers_memory()
    {
        var cache = new JidCache(1);
        byte[] memory = Encoding.UTF8.GetBytes("a@Example.com");
        Assert.That(cache.TryParse(memory, out _), Is.True);
        memory[0] = (byte)'b';
        Assert.That(cache.TryParse(memory, out Jid? changed), Is.True);
        Assert.That(changed!.Local, Is.EqualTo("b"));
        Assert.That(cache.TryParse("a@Example.com"u8, out Jid? original), Is.True);
        Assert.That(original!.Local, Is.EqualTo("a"));
    }

    [Test]
    public void Addresses_in_one_slot_are_told_apart()
    {
        var cache = new JidCache(1);
        for (int i = 0; i < 100; i++)
        {
            Assert.That(cache.TryParse(Encoding.UTF8.GetBytes($"u{i % 7}@example.com"), out Jid? jid), Is.True);
            Assert.That(jid!.Local, Is.EqualTo($"u{i % 7}"));
        }
    }

    [Test]
    public void Long_addresses_are_parsed_but_not_kept()
    {
        var cache = new JidCache();
        byte[] kept = Encoding.UTF8.GetBytes("example.com/" + new string('x', 256 - 12));
        byte[] tooLong = Encoding.UTF8.GetBytes("example.com/" + new string('x', 257 - 12));
        foreach ((byte[] utf8, bool same) in new[] { (kept, true), (tooLong, false) })
        {
            Assert.That(cache.TryParse(utf8, out Jid? first), Is.True);
            Assert.That(cache.TryParse(utf8, out Jid? second), Is.True);
            Assert.That(second, Is.EqualTo(first));
            Assert.That(ReferenceEquals(first, second), Is.EqualTo(same));
        }
    }

    [Test]
    public void Illegal_addresses_stay_illegal()
    {
        var cache = new JidCache(2);
        for (int i = 0; i < 2; i++)
        {
            Assert.That(cache.TryParse("a b@example.com"u8, out Jid? jid), Is.False);
            Assert.That(jid, Is.Null);
            Assert.That(cache.TryParse(""u8, out _), Is.False);
            Assert.That(cache.TryParse([0xFF], out _), Is.False);
        }
    }

    [Test]
    public void Slots_are_a_power_of_two()
    {
        Assert.That(() => new JidCache(0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new JidCache(-4), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new JidCache(1000), Throws.ArgumentException);
    }

    [Test]
    public void Threads_share_it()
    {
        var cache = new JidCache(8);
        byte[][] addresses = [.. Enumerable.Range(0, 64).Select(i => Encoding.UTF8.GetBytes($"user{i}@example.com/r{i}"))];
        int wrong = 0;
        Parallel.For(0, 4, thread =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                byte[] address = addresses[(i * 7 + thread) % addresses.Length];
                if (!cache.TryParse(address, out Jid? jid) || !jid.Utf8.SequenceEqual(address))
                    Interlocked.Increment(ref wrong);
            }
        });
        Assert.That(wrong, Is.Zero);
    }
}
