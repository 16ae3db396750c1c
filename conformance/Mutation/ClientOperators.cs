using PresenceXml.Conformance.Runner;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Mutation;

/// <summary>Mistakes that begin with a stanza of a client: an answer where none is due, a delivery to the wrong client.</summary>
internal static class ClientOperators
{
    public static IEnumerable<Mistake> Of(Play play, WireEvent sent, Random random)
    {
        if (sent.Element is not { } stanza || !sent.Bound.TryGetValue(sent.Place.Actor, out var own))
            yield break;
        yield return new("answer where nothing is due", "the sender gets an error in answer", new Tampering.AnswerWithError());
        if (WrongRecipient(play, sent, stanza, own, random) is { } wrong)
            yield return new("deliver to the wrong client", $"{wrong} gets it too", new Tampering.LeakTo(wrong));
    }

    /// <summary>Somebody who must not get the stanza; the sender, where nobody else is there.</summary>
    private static string? WrongRecipient(Play play, WireEvent sent, Element stanza, string own, Random random)
    {
        var to = stanza["to"];
        if (to is null && stanza.LocalName == "presence")
            return null; // a broadcast; whom it reaches is not known here
        var others = play.Cast
            .Select(static member => member.Name)
            .Where(name => name != sent.Place.Actor && sent.Bound.TryGetValue(name, out var full) && !IsAddressed(full, to))
            .ToArray();
        if (others.Length > 0)
            return others[random.Next(others.Length)];
        return to is null || IsAddressed(own, to) ? null : sent.Place.Actor;
    }

    private static bool IsAddressed(string full, string? to) => to is not null && (full == to || full.StartsWith(to + "/", StringComparison.Ordinal));
}
