using PresenceXml.Protocol.Streams;

namespace PresenceXml.Conformance.Mutation;

/// <summary>Mistakes in a stream header (RFC 6120 §4.7).</summary>
internal static class HeaderOperators
{
    public static IEnumerable<Mistake> Of(StreamHeader header)
    {
        if (header.Id is not null)
            yield return Change("header id", "no id", static header => header with { Id = null });
        if (header.From is not null)
            yield return Change("header from", "from='mutant.example'", static header => header with { From = "mutant.example" });
        var version = header.Version is null ? "1.0" : null;
        yield return Change("header version", version is null ? "no version" : $"version='{version}'", header => header with { Version = version });
        if (header.Lang is not null)
            yield return Change("header lang", "another xml:lang", static header => header with { Lang = header.Lang == "tlh" ? "eo" : "tlh" });
    }

    private static Mistake Change(string name, string words, Func<StreamHeader, StreamHeader> change) =>
        new(name, words, new Tampering.RewriteHeader(change));
}
