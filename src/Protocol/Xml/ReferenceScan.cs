namespace PresenceXml.Protocol.Xml;

/// <summary>Recognises one reference (XML 1.0 §4.1) byte by byte, from behind its ampersand to its semicolon.</summary>
internal struct ReferenceScan
{
    private enum State : byte { None, Start, Name, Number, Decimal, HexStart, Hex }

    private State state;
    private byte length;
    private uint value;

    public readonly bool IsActive => state != State.None;

    /// <summary>The character of the reference that just ended.</summary>
    public readonly int Value => (int)value;

    public void Begin()
    {
        state = State.Start;
        length = 0;
        value = 0;
    }

    /// <summary>Takes the next byte; true when it was the semicolon and the reference is legal.</summary>
    /// <exception cref="Streams.StreamException">An entity that is not predefined, an illegal character or a broken reference.</exception>
    public bool Step(byte b)
    {
        switch (state)
        {
            case State.Start when b == '#':
                state = State.Number;
                return false;
            case State.Start when XmlChars.MayStartName(b):
                state = State.Name;
                return Name(b);
            case State.Name:
                return Name(b);
            case State.Number when b == 'x':
                state = State.HexStart;
                return false;
            case State.Number when char.IsAsciiDigit((char)b):
            case State.Decimal when b != ';':
                if (!char.IsAsciiDigit((char)b)) break;
                state = State.Decimal;
                Add(10, (uint)(b - '0'));
                return false;
            case State.HexStart when char.IsAsciiHexDigit((char)b):
            case State.Hex when b != ';':
                if (!char.IsAsciiHexDigit((char)b)) break;
                state = State.Hex;
                Add(16, (uint)(b <= '9' ? b - '0' : (b | 0x20) - 'a' + 10));
                return false;
            case State.Decimal or State.Hex:
                // XML 1.0 §4.1, well-formedness constraint: Legal Character.
                if (!XmlChars.IsChar((int)value)) throw XmlFault.NotWellFormed("reference to an illegal character");
                state = State.None;
                return true;
        }
        throw XmlFault.NotWellFormed("malformed reference");
    }

    /// <summary>Keeps the digits of a number that may have any count of leading zeros.</summary>
    private void Add(uint radix, uint digit) => value = value > 0x10FFFF ? value : value * radix + digit;

    private bool Name(byte b)
    {
        if (b != ';')
        {
            if (!XmlChars.MayStartName(b) && !char.IsAsciiDigit((char)b) && b is not ((byte)'-' or (byte)'.' or (byte)':'))
                throw XmlFault.NotWellFormed("malformed reference");
            // RFC 6120 §11.1: only the five predefined entities, of which none is longer than four.
            if (++length > 4) throw XmlFault.Restricted("entity reference");
            value = value << 8 | b;
            return false;
        }
        value = value switch
        {
            'l' << 8 | 't' => '<',
            'g' << 8 | 't' => '>',
            'a' << 16 | 'm' << 8 | 'p' => '&',
            'a' << 24 | 'p' << 16 | 'o' << 8 | 's' => '\'',
            'q' << 24 | 'u' << 16 | 'o' << 8 | 't' => '"',
            _ => throw XmlFault.Restricted("entity reference"),
        };
        state = State.None;
        return true;
    }
}
