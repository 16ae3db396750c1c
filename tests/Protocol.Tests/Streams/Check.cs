using System.Buffers;
using System.Text;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Streams;

/// <summary>Everything that must hold for any input at all.</summary>
internal static class Check
{
    /// <summary>Null when it holds, else what does not. Anything but a stream error that is thrown goes on to the caller.</summary>
    public static string? Input(byte[] input, params int[][] cuts)
    {
        string whole = Replay.Run(input, []);
        foreach (int[] pieces in cuts)
        {
            string cut = Replay.Run(input, pieces);
            if (cut != whole) return $"cut by {string.Join(',', pieces)} it is\n{cut}\ninstead of\n{whole}";
        }
        return Oracle.Disagreement(input) ?? Elements(input);
    }

    /// <summary>What was read can be written and read again.</summary>
    private static string? Elements(byte[] input)
    {
        StreamDecoder decoder = new(Replay.Limits);
        ReadOnlySequence<byte> buffer = new(input);
        try
        {
            while (decoder.TryRead(ref buffer, out StreamEvent next))
                if (next.Element is not null && Element(next.Element) is { } fault) return fault;
        }
        catch (StreamException)
        {
            return null; // The transcripts were compared already.
        }
        return null;
    }

    private static string? Element(RawElement raw)
    {
        string tree = raw.ToElement().ToString();
        string again = Protocol.Xml.Element.Parse(tree).ToString();
        if (again != tree) return $"an element read again is\n{again}\ninstead of\n{tree}";
        Stanza? stanza = StanzaReader.Read(raw, out StanzaError? problem);
        if (stanza is null) return null;
        byte[] canonical = StanzaWriter.ToCanonical(stanza);
        if (problem is null && !StanzaReader.ReadCanonical(canonical).Equals(stanza)) return $"a stanza read again is not {Encoding.UTF8.GetString(canonical)}";
        // RFC 6120 §4.8.5: read on another stream it must come out the same, too.
        ArrayBufferWriter<byte> output = new();
        new StreamHeader { ContentNamespace = Namespaces.Server }.WriteTo(output);
        StanzaWriter.Write(output, stanza, Namespaces.Server);
        ReadOnlySequence<byte> moved = new(output.WrittenMemory);
        StreamDecoder other = new(new XmlLimits(0, 0, 0));
        other.TryRead(ref moved, out _);
        if (!other.TryRead(ref moved, out StreamEvent next) || next.Element is null || !moved.IsEmpty) return "a stanza is lost on the way to another stream";
        Element[] originals = [.. raw.ToElement().Children];
        Element[] arrived = [.. next.Element.ToElement().Children];
        if (originals.Length != stanza.Content.Children.Count || arrived.Length != originals.Length) return "children are lost";
        for (int i = 0; i < originals.Length; i++)
        {
            string original = Client(originals[i]).ToString();
            Element child = stanza.Content.Child(i);
            if (child.Name != stanza.Content.Children[i].Name) return $"child {i} is {child.Name} instead of {stanza.Content.Children[i].Name}";
            if (Client(child).ToString() != original) return $"child {i} is\n{child}\ninstead of\n{original}";
            if (Client(arrived[i]).ToString() != original) return $"child {i} on a server's stream is\n{arrived[i]}\ninstead of\n{original}";
        }
        return null;
    }

    private static QName Client(QName name) => name.Namespace == Namespaces.Server ? name with { Namespace = Namespaces.Client } : name;

    /// <summary>An element inherits the content namespace at any depth, so both of them count as one.</summary>
    private static Element Client(Element element) =>
        new(Client(element.Name).Namespace, element.LocalName, element.Attributes, element.Nodes.Select(node => node is Element child ? Client(child) : node));
}
