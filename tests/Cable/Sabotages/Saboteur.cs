using System.Buffers;
using System.Text;
using PresenceXml.Cable.Lines;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Streams;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Cable.Sabotages;

/// <summary>Does its sabotage once, on one direction of one device's line: cuts the stream into stanzas and changes one or two of them.</summary>
internal sealed class Saboteur(Sabotage sabotage) : ITamper
{
    /// <summary>The first messages pass, so that the device has begun to talk.</summary>
    private const int Passing = 4;

    private readonly ArrayBufferWriter<byte> output = new();
    private byte[] rest = [];
    private byte[]? keptBack;
    private StreamDecoder decoder = new(new XmlLimits(0, 0, 0));
    private int messages;

    /// <summary>The message that it was done to; null: not yet.</summary>
    public string? Victim { get; private set; }

    public ReadOnlyMemory<byte> Pass(ReadOnlyMemory<byte> bytes)
    {
        rest = [.. rest, .. bytes.Span];
        output.ResetWrittenCount();
        var buffer = new ReadOnlySequence<byte>(rest);
        while (true)
        {
            ReadOnlySequence<byte> before = buffer;
            bool found = decoder.TryRead(ref buffer, out StreamEvent next);
            byte[] raw = before.Slice(0, buffer.Start).ToArray();
            if (!found)
            {
                output.Write(raw);
                break;
            }
            Handle(raw, next.Element);
            // What follows is a new stream: the server's behind its success, the client's behind the only thing that it says to SASL.
            if (next.Element is { } element && (element.Name == new QName(Namespaces.Sasl, "success") || element.Name == new QName(Namespaces.Sasl, "auth")))
                decoder = new StreamDecoder(new XmlLimits(0, 0, 0));
        }
        rest = buffer.ToArray();
        return output.WrittenSpan.ToArray();
    }

    private void Handle(byte[] raw, RawElement? element)
    {
        if (keptBack is not null && IsMessage(element))
        {
            output.Write(raw);
            output.Write(keptBack);
            keptBack = null;
            return;
        }
        if (Victim is not null || !IsMessage(element) || ++messages <= Passing)
        {
            output.Write(raw);
            return;
        }
        Victim = element!.ToElement().Child(Namespaces.StanzaId, "origin-id")?["id"];
        switch (sabotage.Name)
        {
            case "drop" or "drop-sent":
                break;
            case "double":
                output.Write(raw);
                output.Write(raw);
                break;
            case "swap" or "swap-sent":
                keptBack = raw;
                break;
            case "rename":
                Replace(raw, "<stanza-id ", "id='", 4);
                break;
            case "alter":
                Replace(raw, "<body>", Victim + " ", Victim!.Length + 1);
                break;
        }
    }

    // One letter behind a place that stands behind another one.
    private void Replace(byte[] raw, string first, string second, int skip)
    {
        int at = raw.AsSpan().IndexOf(Encoding.UTF8.GetBytes(first));
        string quoted = second;
        int then = at < 0 ? -1 : raw.AsSpan(at).IndexOf(Encoding.UTF8.GetBytes(quoted));
        if (at < 0 || then < 0)
            throw new InvalidOperationException($"nothing to change in {Encoding.UTF8.GetString(raw)}");
        ref byte letter = ref raw[at + then + skip];
        letter = letter == (byte)'a' ? (byte)'b' : (byte)'a';
        output.Write(raw);
    }

    private static bool IsMessage(RawElement? element)
    {
        if (element is null || element.Name != new QName(Namespaces.Client, "message"))
            return false;
        Element tree = element.ToElement();
        return tree.Child(Namespaces.StanzaId, "origin-id") is not null && tree.Child(Namespaces.Delay, "delay") is null;
    }
}
