using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Streams;

/// <summary>Collects the direct children of one element.</summary>
internal sealed class ChildList
{
    private const int Kept = 8;

    private RawChild[] children = [];
    private int count;

    public void Start(QName name, int start)
    {
        if (count == children.Length) Array.Resize(ref children, Math.Max(Kept, count * 2));
        children[count++] = new RawChild(name, start, 0);
    }

    public void End(int end) => children[count - 1] = children[count - 1] with { Length = end - children[count - 1].Start };

    public RawChild[] ToArray() => children.AsSpan(0, count).ToArray();

    /// <summary>Empties the list and gives back what one large stanza made grow.</summary>
    public void Clear()
    {
        if (children.Length > Kept) children = [];
        else children.AsSpan(0, count).Clear();
        count = 0;
    }
}
