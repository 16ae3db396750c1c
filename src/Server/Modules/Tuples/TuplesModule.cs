using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Presence.Documents;
using PresenceXml.Server.Rules.Access;

namespace PresenceXml.Server.Modules.Tuples;

/// <summary>Virtual PRESENCE TUPLES for their owner: put down, listed, taken away. docs/protocol/tuples.md.</summary>
internal sealed class TuplesModule(VirtualTuples tuples, TuplePublication publication, TimeProvider clock) : IModule
{
    private const string Ns = VirtualTuple.Ns;

    // Some notes and an address.
    private const int MaxBytes = 8192;

    public void Register(ModuleBuilder module)
    {
        module
            .Feature(Addressee.Domain, Ns)
            .Feature(Addressee.Account, Ns)
            .OnGet(Addressee.Account, Ns, "tuples", (iq, _) => new(new Element(Ns, "tuples", tuples.Of(iq.Presentity!).All.Select(static tuple => tuple.ToElement()))))
            .OnSet(Addressee.Account, Ns, "tuple", (iq, _) => PublishAsync(iq))
            .OnSet(Addressee.Account, Ns, "retract", (iq, _) => RetractAsync(iq));
        new TupleCommands(tuples, publication, clock).Register(module);
    }

    private async ValueTask<IqReply> PublishAsync(IqContext iq)
    {
        if (iq.Request.Content.Length > MaxBytes)
            return StanzaError.PolicyViolation with { Text = $"A tuple can have at most {MaxBytes} bytes." };
        VirtualTuple tuple;
        try
        {
            // When it was put down is the server's to say.
            tuple = VirtualTupleReader.Read(iq.Payload.With("at", null), iq.Target, clock.GetUtcNow());
        }
        catch (RuleFormatException wrong)
        {
            return StanzaError.BadRequest with { Text = wrong.Message };
        }
        if (tuple.IsOver(clock.GetUtcNow()))
            return StanzaError.NotAcceptable with { Text = "This tuple has ended already." };
        return await publication.PublishAsync(iq.Presentity!, tuple)
            ? IqReply.Done
            : StanzaError.PolicyViolation with { Text = $"At most {TuplePublication.Most} tuples." };
    }

    private async ValueTask<IqReply> RetractAsync(IqContext iq)
    {
        if (iq.Payload["id"] is not { Length: > 0 } id)
            return StanzaError.BadRequest;
        return await publication.RetractAsync(iq.Presentity!, id) ? IqReply.Done : StanzaError.ItemNotFound;
    }
}
