using System.Buffers;
using System.Text;

namespace PresenceXml.Protocol.Xml;

/// <summary>A prefix ("" for the default namespace) and what it stands for.</summary>
public readonly record struct NamespaceDeclaration(string Prefix, string Namespace);

/// <summary>The namespace declarations in force, innermost last (Namespaces in XML 1.0 §6).</summary>
internal sealed class NamespaceScope
{
    private const int Kept = 8;

    /// <summary>The characters of ASCII that are in no URI reference (RFC 3986 §2).</summary>
    private static readonly SearchValues<char> NoUri = SearchValues.Create([.. "\"<>\\^`{|}\u007F", .. Enumerable.Range(0, 0x21).Select(c => (char)c)]);

    private NamespaceDeclaration[] declarations = new NamespaceDeclaration[Kept];

    private int baseCount;

    public int Count { get; private set; }

    /// <summary>A bit for each declaration of the base whose prefix was resolved since this was last cleared.</summary>
    public ulong BaseUsed { get; set; }
    public ReadOnlySpan<NamespaceDeclaration> Declarations => declarations.AsSpan(0, Count);

    public void Add(NamespaceDeclaration declaration)
    {
        if (Count == declarations.Length) Array.Resize(ref declarations, Count * 2);
        declarations[Count++] = declaration;
    }

    /// <summary>
    /// Declares what a tag declares. <paramref name="max"/> bounds how many may be in force together (0: no bound), because each
    /// prefix in use is looked for among them.
    /// </summary>
    public void Declare(ReadOnlySpan<byte> tag, ReadOnlySpan<RawAttribute> attributes, NameTable names, int max)
    {
        foreach (RawAttribute attribute in attributes)
        {
            bool prefixed = attribute.IsPrefixDeclaration(tag);
            if (!prefixed && !attribute.IsDefaultDeclaration(tag)) continue;
            ReadOnlySpan<byte> raw = attribute.Value(tag);
            string ns = XmlText.IsPlainValue(raw) ? names.Get(raw) : XmlText.DecodeValue(raw);
            string prefix = prefixed ? names.Get(attribute.Local(tag)) : "";
            // Namespaces in XML 1.0 §3, reserved prefixes and namespace names; §2.2: a prefix cannot be undeclared.
            if (prefix == "xmlns" || ns == Namespaces.Xmlns || (prefix == "xml") != (ns == Namespaces.Xml) || (prefixed && ns.Length == 0))
                throw XmlFault.NotWellFormed("illegal namespace declaration");
            // Namespaces in XML 1.0 §2.1: a namespace name is a URI reference. Expat refuses others that hold the separator its user chose
            // (a space, a line feed, "|"), and so the stream of whoever such a stanza is sent to would end.
            if (ns.AsSpan().ContainsAny(NoUri)) throw XmlFault.Limit("a namespace name that is no URI");
            if (max > 0 && Count >= max) throw XmlFault.Limit("too many namespace declarations");
            Add(new NamespaceDeclaration(prefix, ns));
        }
    }

    /// <summary>The index of the declaration that binds <paramref name="prefix"/> (empty: the default namespace), −1 when none does.</summary>
    public int Find(ReadOnlySpan<byte> prefix)
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            string candidate = declarations[i].Prefix;
            if (NameTable.Same(prefix, candidate)) return i;
        }
        return -1;
    }

    /// <summary>The namespace of a name with this prefix.</summary>
    /// <exception cref="Streams.StreamException">The prefix is not declared (RFC 6120 §11.3: not-well-formed).</exception>
    public string Resolve(ReadOnlySpan<byte> prefix)
    {
        int index = Find(prefix);
        if (index >= 0)
        {
            if (index < baseCount && !prefix.IsEmpty) BaseUsed |= 1UL << index;
            return declarations[index].Namespace;
        }
        if (prefix.IsEmpty) return "";
        if (prefix.SequenceEqual("xml"u8)) return Namespaces.Xml;
        throw XmlFault.NotWellFormed("undeclared prefix");
    }

    /// <summary>Resolves the prefixes of attributes; no two may have the same expanded name (Namespaces in XML 1.0 §6.3).</summary>
    public void CheckAttributes(ReadOnlySpan<byte> tag, ReadOnlySpan<RawAttribute> attributes)
    {
        int prefixed = 0;
        foreach (RawAttribute attribute in attributes)
        {
            if (attribute.PrefixLength == 0 || attribute.IsPrefixDeclaration(tag)) continue;
            Resolve(attribute.Prefix(tag));
            prefixed++;
        }
        if (prefixed < 2) return;
        HashSet<QName> seen = new(prefixed);
        foreach (RawAttribute attribute in attributes)
        {
            if (attribute.PrefixLength == 0 || attribute.IsPrefixDeclaration(tag)) continue;
            if (!seen.Add(new QName(Resolve(attribute.Prefix(tag)), Encoding.UTF8.GetString(attribute.Local(tag)))))
                throw XmlFault.NotWellFormed("attribute given twice");
        }
    }

    /// <summary>Makes what is in force the base: the declarations of the stream header.</summary>
    public void SealBase()
    {
        // BaseUsed has a bit for each.
        if (Count > 64) throw XmlFault.Limit("too many namespace declarations");
        baseCount = Count;
    }

    /// <summary>Forgets all but the first <paramref name="count"/>.</summary>
    public void Cut(int count) => Count = count;

    /// <summary>Gives back what one large stanza made grow.</summary>
    public void Trim()
    {
        if (declarations.Length > Kept && Count <= Kept) Array.Resize(ref declarations, Kept);
    }
}
