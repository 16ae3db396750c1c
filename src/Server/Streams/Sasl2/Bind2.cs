using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Messaging;
using PresenceXml.Server.Modules;
using PresenceXml.Server.Routing;
using PresenceXml.Server.Sessions;
using PresenceXml.Server.Streams.Management;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>Binding a resource, and turning on what a session needs, within the sign-in (Bind 2, XEP-0386 1.1.0).</summary>
internal sealed class Bind2(SessionBinder binder, StreamManager manager, ServiceCatalog modules, InstantInbox inbox, ClientNotes notes, StorageEngine engine, ILogger<Bind2> log)
{
    private const int IdLetters = 12;
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    /// <summary>What the features of a stream say of it (§3.1).</summary>
    public Element Offer() => Sasl2Elements.Bind(modules.BindFeatures.Append(StreamManagement.Ns));

    /// <summary>Binds. Returns <c>bound</c>, and the stream has adopted the session; null when it cannot be, and the client will learn why when it binds as RFC 6120 §7 has it.</summary>
    public async ValueTask<Element?> BindAsync(ClientStream stream, Element asked, SignInRequest request, CancellationToken cancel)
    {
        ClientSession? session;
        try
        {
            session = (await binder.BindAsync(stream.Account!, ResourceOf(stream.Account!, asked, request.ClientId), cancel, request.ClientId)).Session;
        }
        catch (StorageException e)
        {
            StreamLog.StoreUnreadable(log, e);
            session = null;
        }
        if (session is null) return null;
        stream.Adopt(session);
        await notes.BoundAsync(stream, asked.Child(Sasl2Elements.BindNs, "tag")?.Text);
        await inbox.LeaveToArchiveAsync(session, cancel);
        var results = new List<Element>();
        if (asked.Child(StreamManagement.Ns, "enable") is { } enable) results.Add(await manager.EnableInlineAsync(stream, enable));
        foreach (Element wanted in asked.Children)
            if (modules.FindBindFeature(wanted.Namespace)?.Invoke(session, wanted) is { } result) results.Add(result);
        foreach (Func<ClientSession, CancellationToken, ValueTask<Element?>> answer in modules.BindAnswers)
            if (await TellAsync(answer, session, cancel) is { } result) results.Add(result);
        return new Element(Sasl2Elements.BindNs, "bound", results);
    }

    private static async ValueTask<Element?> TellAsync(Func<ClientSession, CancellationToken, ValueTask<Element?>> answer, ClientSession session, CancellationToken cancel)
    {
        try
        {
            return await answer(session, cancel);
        }
        catch (StorageException)
        {
            // The engine has logged it. What a client can ask for again is no reason to refuse it a session.
            return null;
        }
    }

    /// <summary>§3.2.1: the client's tag, and behind it a name that is the same each time for the same installation and tag, and says nothing of it.</summary>
    private string ResourceOf(Jid account, Element asked, string? clientId)
    {
        string tag = asked.Child(Sasl2Elements.BindNs, "tag")?.Text ?? "";
        string id = clientId is null ? RandomNumberGenerator.GetString(Alphabet, IdLetters) : StableId($"{account}\0{clientId}\0{tag}");
        return tag.Length > 0 && JidPreparation.TryResource($"{tag}/{id}", out string? prepared) ? prepared : id;
    }

    private string StableId(string of)
    {
        byte[] key = HKDF.DeriveKey(HashAlgorithmName.SHA256, engine.Secret.ToArray(), 32, info: "resource names"u8.ToArray());
        byte[] digest = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(of));
        return string.Create(IdLetters, digest, static (letters, octets) =>
        {
            for (int i = 0; i < letters.Length; i++) letters[i] = Alphabet[octets[i] % Alphabet.Length];
        });
    }
}
