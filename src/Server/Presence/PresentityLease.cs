namespace PresenceXml.Server.Presence;

/// <summary>
/// Keeps a <see cref="Presentity"/> loaded. One object per presentity, so that taking it costs nothing: dispose it exactly once for each
/// <see cref="Presentities.AcquireAsync"/>.
/// </summary>
public sealed class PresentityLease : IDisposable
{
    internal PresentityLease(Presentity presentity) => Presentity = presentity;

    public Presentity Presentity { get; }

    public void Dispose() => Presentity.Release();
}
