using System.Globalization;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Server.Streams.Sasl;

/// <summary>The forms of all the keys of one account, in their order; at least one.</summary>
internal sealed class KeyShape(IEnumerable<KeyForm> forms)
{
    private readonly KeyForm[] forms = [.. forms];

    public static KeyShape Of(IEnumerable<ScramKeys> keys) => new(keys.Select(KeyForm.Of));

    /// <summary>The same text for the same forms.</summary>
    public string Label => string.Join(';', forms.Select(static form => string.Create(CultureInfo.InvariantCulture, $"{form.Hash.ToMechanism()}:{form.Iterations}:{form.SaltBytes}:{form.SaltIsUuid}")));

    /// <summary>The form with this hash, or the first where there is none.</summary>
    public KeyForm Nearest(ScramHash hash)
    {
        foreach (KeyForm form in forms)
            if (form.Hash == hash) return form;
        return forms[0];
    }
}
