namespace PresenceXml.Server.Sessions;

/// <summary>A queue whose entries can be taken out where they stand; gives its memory back when a burst is over.</summary>
internal class Ring<T>
{
    private const int Kept = 64;
    private T[] slots = [];
    private int head;

    public int Count { get; private set; }

    public ref T this[int index] => ref slots[(head + index) % slots.Length];

    public void Enqueue(in T item)
    {
        if (Count == slots.Length)
            Resize(Math.Max(4, slots.Length * 2));
        slots[(head + Count) % slots.Length] = item;
        Count++;
    }

    /// <summary>Takes one out of the line; linear in how many stand behind it.</summary>
    public void RemoveAt(int index)
    {
        for (int i = index; i < Count - 1; i++)
            this[i] = this[i + 1];
        this[Count - 1] = default!;
        Count--;
    }

    public T Dequeue()
    {
        T item = slots[head];
        slots[head] = default!;
        head = (head + 1) % slots.Length;
        Count--;
        if (Count == 0 && slots.Length > Kept)
        {
            slots = [];
            head = 0;
        }
        return item;
    }

    /// <summary>Puts these in front of the line, in their order. Linear in all of them.</summary>
    public void PutInFront(ReadOnlySpan<T> first)
    {
        if (first.IsEmpty)
            return;
        var larger = new T[Count + first.Length];
        first.CopyTo(larger);
        for (int i = 0; i < Count; i++)
            larger[first.Length + i] = this[i];
        slots = larger;
        head = 0;
        Count = larger.Length;
    }

    private void Resize(int size)
    {
        var larger = new T[size];
        for (int i = 0; i < Count; i++)
            larger[i] = this[i];
        slots = larger;
        head = 0;
    }
}
