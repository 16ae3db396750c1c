using PresenceXml.Server.Routing;
using PresenceXml.Storage;

namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>A sign-in between <c>authenticate</c> and its end.</summary>
/// <param name="request">What the client asked for.</param>
internal sealed class SignInProgress(SignInRequest request)
{
    public SignInRequest Request { get; } = request;

    /// <summary>The token that has let the client in; null when it was the password.</summary>
    public ClientToken? Token { get; set; }

    /// <summary>The client that has proven itself; null before, and when it does not say which installation it is.</summary>
    public ClientVisit? Visit { get; set; }

    /// <summary>What is still to be done after the mechanism has succeeded; null before.</summary>
    public Queue<UpgradeTask>? Tasks { get; set; }
}
