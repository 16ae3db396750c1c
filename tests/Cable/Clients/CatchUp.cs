using System.Globalization;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Cable.Clients;

/// <summary>A device's catching up by its account's archive (XEP-0313 §3.7.1): page after page behind the last one it knows.</summary>
internal sealed class CatchUp(Random random)
{
    private int queries;

    /// <summary>Up to where the archive is known; null: nothing of it.</summary>
    public string? Last { get; private set; }

    /// <summary>The query under way; null: none.</summary>
    public string? Query { get; private set; }

    /// <summary>True when a query since the session's beginning has reached the end.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>A new session: what was asked in the old one is not answered any more.</summary>
    public void Restart() => (Query, IsComplete) = (null, false);

    /// <summary>The next page's request.</summary>
    public string Ask()
    {
        Query = string.Create(CultureInfo.InvariantCulture, $"q{++queries}");
        string after = Last is null ? "" : $"<after>{Last}</after>";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"<iq type='set' id='{Query}'><query xmlns='{Names.Archive}' queryid='{Query}'><set xmlns='{Names.ResultSets}'><max>{random.Next(5, 60)}</max>{after}</set></query></iq>");
    }

    /// <summary>The answer to the query. True when there is more to ask for.</summary>
    /// <param name="iq">The answer.</param>
    /// <param name="problem">What no server may answer; null: nothing.</param>
    public bool Answer(Element iq, out string? problem)
    {
        Query = null;
        problem = null;
        if (iq["type"] != "result" || iq.Child(Names.Archive, "fin") is not { } fin)
        {
            problem = $"the page after {Last ?? "nothing"} is not given: {iq}";
            // §3.5: the archive does not know the message any more. All of it, then; but where there is none, it is not asked again and again.
            bool isForgotten = Last is not null && iq.Child(Namespaces.Client, "error")?.Child(Namespaces.StanzaErrors, "item-not-found") is not null;
            Last = null;
            IsComplete = !isForgotten;
            return isForgotten;
        }
        if (fin.Child(Names.ResultSets, "set")?.Child(Names.ResultSets, "last")?.Text is { Length: > 0 } last)
            Last = last;
        IsComplete = fin["complete"] is "true" or "1";
        return !IsComplete;
    }

    /// <summary>A live message, seen once everything before the session is known.</summary>
    public void Trust(string stanzaId)
    {
        if (IsComplete && Query is null)
            Last = stanzaId;
    }
}
