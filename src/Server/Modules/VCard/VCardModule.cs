using System.Text;
using PresenceXml.Protocol.Stanzas;
using PresenceXml.Protocol.Xml;
using PresenceXml.Storage;

namespace PresenceXml.Server.Modules.VCard;

/// <summary>
/// XEP-0054: vcard-temp. Anybody may read an account's vCard. An account without one answers others as an account that does not
/// exist: service-unavailable (XEP-0054 §3.3).
/// </summary>
public sealed class VCardModule : IModule
{
    public const string Ns = "vcard-temp";
    private const string Key = "vcard";
    private KeyedStore store = null!;
    private VCardOptions options = null!;

    public void Register(ModuleBuilder module)
    {
        options = module.Options<VCardOptions>("vcard");
        store = module.OpenKeyed("vcard");
        module
            .Feature(Addressee.Domain, Ns)
            .Feature(Addressee.Account, Ns)
            .OnGet(Addressee.Domain, Ns, "vCard", static (iq, _) => new(OfDomain(iq)))
            .OnGet(Addressee.Account, Ns, "vCard", GetAsync, strangers: true)
            .OnSet(Addressee.Account, Ns, "vCard", SetAsync);
    }

    private static IqReply OfDomain(IqContext iq) => new Element(Ns, "vCard", new Element(Ns, "FN", iq.Target.Domain));

    private async ValueTask<IqReply> GetAsync(IqContext iq, CancellationToken cancel)
    {
        ReadOnlyMemory<byte>? stored = await store.GetAsync(iq.Target, Key, cancel);
        if (stored is { } bytes) return Element.Parse(bytes.Span);
        return iq.IsOwner ? StanzaError.ItemNotFound : StanzaError.ServiceUnavailable;
    }

    private async ValueTask<IqReply> SetAsync(IqContext iq, CancellationToken cancel)
    {
        if (!iq.Payload.Children.Any())
        {
            await store.ReplaceAsync(iq.Target, [], [Key], cancel);
            return IqReply.Done;
        }
        byte[] bytes = Encoding.UTF8.GetBytes(iq.Payload.ToString());
        if (options.MaxBytes > 0 && bytes.Length > options.MaxBytes)
            return StanzaError.PolicyViolation with { Text = $"A vCard can have at most {options.MaxBytes} bytes." };
        await store.PutAsync(iq.Target, Key, bytes, cancel);
        return IqReply.Done;
    }
}
