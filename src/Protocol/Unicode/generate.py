#!/usr/bin/env python3
"""Makes UnicodeTables.g.cs (and, on request, the normalisation test data) from the Unicode Character Database.

    python3 generate.py UCD_FOLDER                       writes UnicodeTables.g.cs beside this script
    python3 generate.py UCD_FOLDER --tests FILE.gz       also writes NormalizationTest.txt without comments, compressed

UCD_FOLDER is an unpacked UCD.zip of https://www.unicode.org/Public/<version>/ucd/ (Debian: package unicode-data).
NormalizationTest.txt may be compressed with bzip2. Nothing else is read, so the output depends on the UCD's version only.
"""

import bz2
import gzip
import os
import re
import sys

LIMIT = 0x110000
BLOCK = 64  # code points per block of a two-stage table; UnicodeTables.Shift is its logarithm
SHIFT = 6


def lines(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        for line in file:
            fields = [field.strip() for field in line.split("#")[0].split(";")]
            if fields != [""]:
                yield fields


def span(text):
    first, _, last = text.partition("..")
    return range(int(first, 16), int(last or first, 16) + 1)


def read_property(folder, name, default, wanted=None):
    """One value per code point. Defaults of '# @missing' lines are applied in the order of the file, as UAX #44 asks."""
    values = [default] * LIMIT
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        for line in file:
            missing = re.match(r"#\s*@missing:\s*([0-9A-F.]+);\s*(\w+)\s*$", line)
            if missing and wanted:
                for cp in span(missing[1]):
                    values[cp] = wanted.get(missing[2], missing[2])
    for fields in lines(folder, name):
        for cp in span(fields[0]):
            values[cp] = fields[1]
    return values


def read_sets(folder, name, names):
    sets = {wanted: set() for wanted in names}
    for fields in lines(folder, name):
        if fields[1] in sets:
            sets[fields[1]].update(span(fields[0]))
    return sets


class Ucd:
    def __init__(self, folder):
        with open(os.path.join(folder, "CaseFolding.txt"), encoding="utf-8") as file:
            self.version = re.search(r"-(\d+\.\d+\.\d+)\.txt", file.readline())[1]
        self.category = ["Cn"] * LIMIT
        self.ccc = [0] * LIMIT
        self.lower = {}
        self.canonical = {}      # canonical decomposition, one level
        self.compatible = {}     # any decomposition, one level
        self.width = {}          # <wide> and <narrow>
        first = None
        for f in lines(folder, "UnicodeData.txt"):
            cp = int(f[0], 16)
            if f[1].endswith(", First>"):
                first = cp
                continue
            for each in range(first if f[1].endswith(", Last>") else cp, cp + 1):
                self.category[each] = f[2]
                self.ccc[each] = int(f[3])
            if f[5]:
                tag, _, rest = f[5].rpartition("> ")
                decomposition = [int(x, 16) for x in rest.split()]
                self.compatible[cp] = decomposition
                if not tag:
                    self.canonical[cp] = decomposition
                elif tag in ("<wide", "<narrow"):
                    self.width[cp] = decomposition
            if f[13]:
                self.lower[cp] = int(f[13], 16)
        self.exclusions = read_sets(folder, "DerivedNormalizationProps.txt", ["Full_Composition_Exclusion"])["Full_Composition_Exclusion"]
        core = read_sets(folder, "DerivedCoreProperties.txt", ["Default_Ignorable_Code_Point", "Cased", "Case_Ignorable"])
        self.ignorable = core["Default_Ignorable_Code_Point"]
        self.cased = core["Cased"]
        self.case_ignorable = core["Case_Ignorable"]
        props = read_sets(folder, "PropList.txt", ["White_Space", "Noncharacter_Code_Point", "Join_Control"])
        self.white_space = props["White_Space"]
        self.noncharacter = props["Noncharacter_Code_Point"]
        self.join_control = props["Join_Control"]
        long_bidi = {"Left_To_Right": "L", "Right_To_Left": "R", "Arabic_Letter": "AL", "European_Terminator": "ET", "Boundary_Neutral": "BN"}
        self.bidi = read_property(folder, "extracted/DerivedBidiClass.txt", "L", long_bidi)
        self.joining = read_property(folder, "extracted/DerivedJoiningType.txt", "U")
        self.script = read_property(folder, "Scripts.txt", "Zzzz")
        self.hangul = read_property(folder, "HangulSyllableType.txt", "NA")
        self.fold = {}
        for f in lines(folder, "CaseFolding.txt"):
            if f[1] in ("C", "F"):
                self.fold[int(f[0], 16)] = [int(x, 16) for x in f[2].split()]
        self.special_lower = {}  # unconditional lower-case mappings to more than one code point
        for f in lines(folder, "SpecialCasing.txt"):
            lower = [int(x, 16) for x in f[1].split()]
            if len(f) == 5 and len(lower) > 1:
                self.special_lower[int(f[0], 16)] = lower
        self.pairs = {tuple(d): cp for cp, d in self.canonical.items() if len(d) == 2 and cp not in self.exclusions}

    def decompose(self, cp, table):
        if 0xAC00 <= cp <= 0xD7A3:
            s = cp - 0xAC00
            parts = [0x1100 + s // 588, 0x1161 + s % 588 // 28]
            return parts + ([0x11A7 + s % 28] if s % 28 else [])
        if cp not in table:
            return [cp]
        return [x for part in table[cp] for x in self.decompose(part, table)]

    def normalize(self, cps, table):
        out = []
        for cp in cps:
            for part in self.decompose(cp, table):
                at = len(out)
                while self.ccc[part] and at > 0 and self.ccc[out[at - 1]] > self.ccc[part]:
                    at -= 1
                out.insert(at, part)
        result, starter, last = [], -1, 0
        for cp in out:
            if starter >= 0 and (last < self.ccc[cp] or last == 0 and starter == len(result) - 1):
                joined = self.compose(result[starter], cp)
                if joined is not None:
                    result[starter] = joined
                    continue
            if self.ccc[cp] == 0:
                starter = len(result)
            last = self.ccc[cp]
            result.append(cp)
        return result

    def compose(self, a, b):
        if 0x1100 <= a <= 0x1112 and 0x1161 <= b <= 0x1175:
            return 0xAC00 + (a - 0x1100) * 588 + (b - 0x1161) * 28
        if 0xAC00 <= a <= 0xD7A3 and (a - 0xAC00) % 28 == 0 and 0x11A8 <= b <= 0x11C2:
            return a + b - 0x11A7
        return self.pairs.get((a, b))

    def nfkc(self, cps):
        return self.normalize(cps, self.compatible)

    def casefold(self, cps):
        return [x for cp in cps for x in self.fold.get(cp, [cp])]


# RFC 5892 §2.6, RFC 8264 §9.6
EXCEPTIONS = {cp: "PVALID" for cp in (0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007)}
EXCEPTIONS |= {cp: "CONTEXTO" for cp in (0xB7, 0x375, 0x5F3, 0x5F4, 0x30FB, *range(0x660, 0x66A), *range(0x6F0, 0x6FA))}
EXCEPTIONS |= {cp: "DISALLOWED" for cp in (0x640, 0x7FA, 0x302E, 0x302F, *range(0x3031, 0x3036), 0x303B)}
LETTER_DIGITS = {"Ll", "Lu", "Lo", "Nd", "Lm", "Mn", "Mc"}
FREE = {"Lt", "Nl", "No", "Me", "Zs", "Sm", "Sc", "Sk", "So", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"}
IGNORABLE_BLOCKS = (range(0x20D0, 0x2100), range(0x1D100, 0x1D200), range(0x1D200, 0x1D250))


def precis(ucd, cp):
    """RFC 8264 §8."""
    if cp in EXCEPTIONS:
        return EXCEPTIONS[cp]
    if ucd.category[cp] == "Cn" and cp not in ucd.noncharacter:
        return "UNASSIGNED"
    if 0x21 <= cp <= 0x7E:
        return "PVALID"
    if cp in ucd.join_control:
        return "CONTEXTJ"
    if ucd.hangul[cp] in ("L", "V", "T"):
        return "DISALLOWED"
    if cp in ucd.ignorable or cp in ucd.noncharacter or ucd.category[cp] == "Cc":
        return "DISALLOWED"
    if ucd.nfkc([cp]) != [cp]:
        return "FREE_PVAL"
    if ucd.category[cp] in LETTER_DIGITS:
        return "PVALID"
    return "FREE_PVAL" if ucd.category[cp] in FREE else "DISALLOWED"


def idna(ucd, cp):
    """RFC 5892 §3."""
    if cp in EXCEPTIONS:
        return EXCEPTIONS[cp]
    if ucd.category[cp] == "Cn" and cp not in ucd.noncharacter:
        return "UNASSIGNED"
    if cp == 0x2D or 0x30 <= cp <= 0x39 or 0x61 <= cp <= 0x7A:
        return "PVALID"
    if cp in ucd.join_control:
        return "CONTEXTJ"
    if ucd.nfkc(ucd.casefold(ucd.nfkc([cp]))) != [cp]:
        return "DISALLOWED"
    if cp in ucd.ignorable or cp in ucd.white_space or cp in ucd.noncharacter:
        return "DISALLOWED"
    if any(cp in block for block in IGNORABLE_BLOCKS) or ucd.hangul[cp] in ("L", "V", "T"):
        return "DISALLOWED"
    return "PVALID" if ucd.category[cp] in LETTER_DIGITS else "DISALLOWED"


PROPERTY = ["DISALLOWED", "UNASSIGNED", "PVALID", "CONTEXTJ", "CONTEXTO", "FREE_PVAL"]
BIDI = ["L", "R", "AL", "AN", "EN", "ES", "CS", "ET", "ON", "BN", "NSM", "B", "S", "WS", "LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"]
JOINING = ["U", "C", "D", "L", "R", "T"]
SCRIPT = ["Other", "Greek", "Hebrew", "Hiragana", "Katakana", "Han"]


def record(ucd, cp, second_halves):
    """The layout of CodePoint.Properties."""
    category = ucd.category[cp]
    # NFC_Quick_Check: no for what never appears in NFC, maybe for what joins a preceding code point.
    if cp in ucd.exclusions:
        quick = 2
    elif cp in second_halves or 0x1161 <= cp <= 0x1175 or 0x11A8 <= cp <= 0x11C2:
        quick = 1
    else:
        quick = 0
    bits = PROPERTY.index(precis(ucd, cp))
    bits |= PROPERTY.index(idna(ucd, cp)) << 3
    bits |= BIDI.index(ucd.bidi[cp]) << 6
    bits |= JOINING.index(ucd.joining[cp]) << 11
    bits |= (SCRIPT.index(ucd.script[cp]) if ucd.script[cp] in SCRIPT else 0) << 14
    bits |= quick << 17
    bits |= (category[0] == "M") << 19
    bits |= (category == "Zs") << 20
    bits |= (cp in ucd.cased) << 21
    bits |= (cp in ucd.case_ignorable) << 22
    bits |= ucd.ccc[cp] << 24
    return bits


def two_stage(values):
    """values: small integers per code point. Gives (index of the block, blocks one behind the other)."""
    known, stage1, stage2 = {}, [], []
    for start in range(0, LIMIT, BLOCK):
        block = tuple(values[start:start + BLOCK])
        if block not in known:
            known[block] = len(stage2) // BLOCK
            stage2.extend(block)
        stage1.append(known[block])
    return stage1, stage2


def number(values):
    """Replaces values by indexes into the list of the different ones, the most frequent default first."""
    distinct = [values[0]] + sorted(set(values) - {values[0]})
    index = {value: at for at, value in enumerate(distinct)}
    return [index[value] for value in values], distinct


def emit(out, name, kind, values, comment):
    size = {"byte": 1, "ushort": 2, "uint": 4, "int": 4}[kind]
    out.append(f"    // {comment}: {len(values)} entries, {len(values) * size} bytes.")
    out.append(f"    internal static ReadOnlySpan<{kind}> {name} =>")
    out.append("    [")
    row = ""
    for value in values:
        text = f"{value},"
        if len(row) + len(text) > 150:
            out.append("        " + row)
            row = ""
        row += text
    out.append("        " + row)
    out.append("    ];")
    out.append("")
    return len(values) * size


def kind_of(values):
    return "byte" if max(values) < 256 else "ushort" if max(values) < 65536 else "uint"


def main():
    folder = sys.argv[1]
    ucd = Ucd(folder)
    second_halves = {pair[1] for pair in ucd.pairs}
    records, distinct = number([record(ucd, cp, second_halves) for cp in range(LIMIT)])
    record_blocks, record_index = two_stage(records)

    # Simple lower-case mappings as differences; SpecialCasing's longer one (U+0130) is in CaseMapping.
    if ucd.special_lower != {0x130: [0x69, 0x307]}:
        sys.exit("SpecialCasing.txt has an unconditional lower-case mapping that CaseMapping does not know")
    lower, lower_delta = number([ucd.lower.get(cp, cp) - cp for cp in range(LIMIT)])
    lower_blocks, lower_index = two_stage(lower)

    # Full canonical decompositions of all but Hangul syllables: position and length in one number, code points in one list.
    known, targets, where = {}, [], [0] * LIMIT
    for cp in sorted(ucd.canonical):
        full = tuple(ucd.decompose(cp, ucd.canonical))
        if full not in known:
            known[full] = len(targets) * 8 + len(full)
            targets.extend(full)
        where[cp] = known[full]
    decomposition, places = number(where)
    decomposition_blocks, decomposition_index = two_stage(decomposition)

    width = sorted(ucd.width)
    if any(len(ucd.width[cp]) != 1 for cp in width):
        sys.exit("a width mapping has more than one code point")
    pairs = sorted(ucd.pairs)

    out = [
        "// <auto-generated>",
        f"// Made by generate.py from the Unicode Character Database, version {ucd.version}. Do not edit.",
        "// © Unicode, Inc., see LICENSE-UNICODE.txt.",
        "// </auto-generated>",
        "#nullable enable",
        "",
        "namespace PresenceXml.Protocol.Unicode;",
        "",
        "internal static class UnicodeTables",
        "{",
        f'    internal const string Version = "{ucd.version}";',
        "",
        f"    internal const int Shift = {SHIFT};",
        f"    internal const int Mask = {BLOCK - 1};",
        "",
    ]
    size = 0
    for name, values, comment in (
        ("RecordBlocks", record_blocks, "Properties, first stage"),
        ("RecordIndexes", record_index, "Properties, second stage"),
        ("Records", distinct, "Properties, the different records (CodePoint says how the bits lie)"),
        ("LowerBlocks", lower_blocks, "Simple lower-case mapping, first stage"),
        ("LowerIndexes", lower_index, "Simple lower-case mapping, second stage"),
        ("LowerDeltas", lower_delta, "Simple lower-case mapping, what is added to the code point"),
        ("DecompositionBlocks", decomposition_blocks, "Canonical decomposition, first stage"),
        ("DecompositionIndexes", decomposition_index, "Canonical decomposition, second stage"),
        ("DecompositionPlaces", places, "Canonical decomposition, eight times the position in the targets, plus the length"),
        ("DecompositionTargets", targets, "Canonical decomposition, the code points"),
        ("PairFirst", [a for a, _ in pairs], "Primary composites: first code points, ascending"),
        ("PairSecond", [b for _, b in pairs], "Primary composites: second code points, ascending beside equal first ones"),
        ("PairComposite", [ucd.pairs[pair] for pair in pairs], "Primary composites: what the pair makes"),
        ("WidthFrom", width, "Fullwidth and halfwidth code points, ascending"),
        ("WidthTo", [ucd.width[cp][0] for cp in width], "What they are mapped to"),
    ):
        kind = "int" if min(values) < 0 else kind_of(values)
        if kind == "uint" and max(values) < 0x110000:
            kind = "int"
        size += emit(out, name, kind, values, comment)
    out[-1] = "}"
    target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "UnicodeTables.g.cs")
    with open(target, "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(out) + "\n")
    print(f"Unicode {ucd.version}: {size} bytes of tables, {len(distinct)} records")

    if "--tests" in sys.argv:
        plain = os.path.join(folder, "NormalizationTest.txt")
        source = open(plain, "rb").read() if os.path.exists(plain) else bz2.open(plain + ".bz2").read()
        kept = [line.split("#")[0].strip() for line in source.decode("utf-8").splitlines()]
        text = f"# NormalizationTest.txt {ucd.version} without its comments. © Unicode, Inc., see src/Protocol/Unicode/LICENSE-UNICODE.txt.\n"
        text += "\n".join(line for line in kept if line) + "\n"
        with open(sys.argv[sys.argv.index("--tests") + 1], "wb") as raw:
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=9) as file:
                file.write(text.encode())


if __name__ == "__main__":
    main()
