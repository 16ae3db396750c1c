using PresenceXml.Protocol;

namespace PresenceXml.Server.Presence;

/// <summary>
/// Which resources at other servers the clients of an account see as available, and which contacts there are to be asked again. Nothing of
/// what they said is kept. Only of contacts and of whom directed presence was sent to; bounded. Its lock is outside that of an outbox, and no
/// gate is taken inside.
/// </summary>
/// <param name="account">Whose clients.</param>
/// <param name="places">Is told the first and the last of each domain, under the lock.</param>
internal sealed class ShownPresences(Jid account, ShownPlaces places)
{
    /// <summary>As many as a session may send directed presence to. Of what is more nothing is taken back: it is shown as every other server would show it.</summary>
    internal const int Most = 4096;

    // By domain, since it is a domain that cannot be reached.
    private readonly Dictionary<string, HashSet<Shown>> shown = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<Jid>> missed = new(StringComparer.Ordinal);
    private int count;

    /// <summary>Held while presence is delivered and noted, so that what is noted last was delivered last.</summary>
    public Lock Door { get; } = new();

    /// <summary>An available resource was shown to whom its presence was addressed.</summary>
    public void Add(Jid from, Jid to)
    {
        lock (Door)
        {
            if (count == Most)
                return;
            if (!shown.TryGetValue(from.Domain, out HashSet<Shown>? there))
            {
                shown.Add(from.Domain, there = []);
                places.Add(account, from.Domain);
            }
            if (there.Add(new Shown(from, to)))
                count++;
        }
    }

    /// <summary>A resource is not there any more.</summary>
    public void Remove(Jid from, Jid to)
    {
        lock (Door)
        {
            if (shown.TryGetValue(from.Domain, out HashSet<Shown>? there) && there.Remove(new Shown(from, to)))
                Removed(from.Domain, there, 1);
        }
    }

    /// <summary>Takes out what was shown of this contact to <paramref name="to"/>: none of its resources is there.</summary>
    public List<Jid> TakeResources(Jid contact, Jid to)
    {
        lock (Door)
        {
            if (!shown.TryGetValue(contact.Domain, out HashSet<Shown>? there))
                return [];
            List<Jid> taken = [.. there.Where(one => one.To == to && one.From.Bare == contact).Select(one => one.From)];
            foreach (Jid from in taken)
                there.Remove(new Shown(from, to));
            Removed(contact.Domain, there, taken.Count);
            return taken;
        }
    }

    /// <summary>Takes out everything that was shown of a domain.</summary>
    public IReadOnlyCollection<Shown> TakeDomain(string domain)
    {
        lock (Door)
        {
            if (!shown.Remove(domain, out HashSet<Shown>? taken))
                return [];
            count -= taken.Count;
            places.Remove(account, domain);
            return taken;
        }
    }

    /// <summary>Somebody who is shown there; null: nobody is.</summary>
    public Jid? AnyOf(string domain)
    {
        lock (Door)
            return shown.TryGetValue(domain, out HashSet<Shown>? there) ? there.First().From : null;
    }

    /// <summary>Who was addressed so sees nothing any more: a resource that goes, or, for the bare address, the last of them.</summary>
    public void Forget(Jid to)
    {
        lock (Door)
        {
            if (!to.IsFull)
                missed.Clear();
            if (count == 0)
                return;
            foreach ((string domain, HashSet<Shown> there) in shown)
                Removed(domain, there, there.RemoveWhere(one => one.To == to));
        }
    }

    /// <summary>A contact's presence was taken back, and is to be asked for.</summary>
    public void Miss(Jid contact)
    {
        lock (Door)
        {
            if (!missed.TryGetValue(contact.Domain, out HashSet<Jid>? there))
                missed.Add(contact.Domain, there = []);
            there.Add(contact);
        }
    }

    /// <summary>It is known how things stand with this contact.</summary>
    public void Answered(Jid contact)
    {
        lock (Door)
        {
            if (missed.TryGetValue(contact.Domain, out HashSet<Jid>? there) && there.Remove(contact) && there.Count == 0)
                missed.Remove(contact.Domain);
        }
    }

    /// <summary>Contacts at this domain that are to be asked for.</summary>
    public IReadOnlyList<Jid> Missed(string domain)
    {
        lock (Door)
            return missed.TryGetValue(domain, out HashSet<Jid>? there) ? [.. there] : [];
    }

    private void Removed(string domain, HashSet<Shown> there, int removed)
    {
        count -= removed;
        if (there.Count > 0)
            return;
        // While a dictionary is enumerated, removing from it is allowed.
        shown.Remove(domain);
        places.Remove(account, domain);
    }

    /// <summary>Presence as it was addressed: to a bare address it was shown to every available resource.</summary>
    internal readonly record struct Shown(Jid From, Jid To);
}
