using PresenceXml.Protocol;
using PresenceXml.Protocol.Sasl;
using PresenceXml.Protocol.Xml;
using PresenceXml.Server.Streams.Management;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>What follows a successful authentication at once: the session the client had before, or a new one (XEP-0388 1.0.4 §2.6.1).</summary>
internal sealed class SignIn(StreamManager manager, Bind2 bind, Tokens tokens)
{
    /// <summary>What can be asked for beside authentication.</summary>
    public IEnumerable<Element> Offer(ClientStream stream)
    {
        yield return bind.Offer();
        yield return ManagementElements.Feature;
        HtMechanism[] mechanisms = [.. tokens.For(stream)];
        if (mechanisms.Length > 0) yield return FastElements.Offer(mechanisms);
    }

    /// <summary>Does what was asked for and tells the client everything in one element; the features of the stream follow, unless it goes on with a session that knows them.</summary>
    public async ValueTask CompleteAsync(ClientStream stream, SignInRequest request, ReadOnlyMemory<byte> data, NewToken? token, CancellationToken cancel)
    {
        Jid account = stream.Account!;
        var results = new List<Element>();
        // XEP-0386 §3.2: this first, and the other only when it failed.
        if (request.Resume is { } resume) results.Add(await manager.ResumeAsync(stream, resume, cancel));
        bool isResumed = stream.Session is not null;
        if (!isResumed && request.Bind is { } asked && await bind.BindAsync(stream, asked, request, cancel) is { } bound) results.Add(bound);
        if (token is not null) results.Add(FastElements.Token(token.Token, token.Expires));
        Element success = Sasl2Elements.Success(data, stream.Session?.Address ?? account, results);
        if (isResumed) await stream.SendAsync(success, cancel);
        else await stream.SendWithFeaturesAsync(success, cancel);
        if (stream.Session is not null) stream.StartSession();
    }
}
