using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Federation;

/// <summary>The link as the stream that carries it sees it. One reader at a time.</summary>
internal interface ILinkTraffic
{
    DomainPair Pair { get; }

    /// <summary>How many stanzas were taken by <see cref="ReadAsync"/> and are not confirmed.</summary>
    int Unconfirmed { get; }

    /// <summary>
    /// Waits for stanzas to send and takes them; they stay the link's until they are confirmed. Waits also while too many are unconfirmed.
    /// False: there will be none, the link is closing.
    /// </summary>
    /// <param name="batch">Cleared and filled, in order.</param>
    /// <param name="cancel">Gives up; nothing was taken.</param>
    ValueTask<bool> ReadAsync(List<Stanza> batch, CancellationToken cancel);

    /// <summary>The oldest so many unconfirmed stanzas have arrived: acknowledged (XEP-0198), or the answer to a request sent behind them came.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many: the other side claims more than it was sent.</exception>
    void Confirm(int count);
}
