namespace PresenceXml.Server.Streams.Sasl2;

/// <summary>A sign-in between <c>authenticate</c> and its end.</summary>
/// <param name="request">What the client asked for.</param>
internal sealed class SignInProgress(SignInRequest request)
{
    public SignInRequest Request { get; } = request;

    /// <summary>What is still to be done after the mechanism has succeeded; null before.</summary>
    public Queue<UpgradeTask>? Tasks { get; set; }
}
