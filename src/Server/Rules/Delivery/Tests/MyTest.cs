using System.Xml;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Server.Rules.Delivery.Tests;

/// <summary>The owner's own presence.</summary>
/// <param name="Show">One of these, with a space between them: <c>online</c> (available and nothing said), <c>chat</c>, <c>away</c>, <c>dnd</c>, <c>xa</c> of any available resource, <c>offline</c> where none is; null: whatever.</param>
/// <param name="Offline">No resource was available for so long; null: whatever.</param>
internal sealed record MyTest(string? Show, TimeSpan? Offline) : DeliveryTest
{
    public static readonly string[] Known = ["online", "chat", "away", "dnd", "xa", "offline"];

    public override bool Holds(DeliveryQuestion question, DeliveryTrace? trace)
    {
        IDeliverySurroundings owner = question.Surroundings;
        if (Offline is { } time && !(owner.OfflineSince is { } since && owner.Now - since >= time))
            return false;
        if (Show is null)
            return true;
        foreach (string show in Show.Split(' '))
        {
            if (show == "offline" ? owner.OfflineSince is not null : owner.Shows(show))
                return true;
        }
        return false;
    }

    public override Element ToElement() => Element("my", ("show", Show), ("offline", Offline is { } time ? XmlConvert.ToString(time) : null));
}
