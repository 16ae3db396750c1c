using PresenceXml.Protocol;
using PresenceXml.Server.Federation;

namespace PresenceXml.Server.Commands;

/// <summary>What the running server tells of its links with others, and tries when it is asked to.</summary>
internal sealed class FederationView(LocalDomains domains, RemoteDomains remote, IncomingStreams incoming, ILinkTester tester, TimeProvider time)
{
    /// <summary>All links, and all streams of other servers.</summary>
    public ControlReply List() => new(
        Links: [.. remote.Describe().Select(static report => ControlLink.Of(report, isWhole: false))],
        Incoming: [.. incoming.Describe().Select(ControlIncoming.Of)]);

    /// <summary>Everything that is known of a domain.</summary>
    /// <exception cref="CommandRefusedException">Nothing is.</exception>
    public ControlReply Show(string domain)
    {
        RequireRemote(domain);
        var reply = new ControlReply(
            Links: [.. remote.Describe().Where(report => report.Pair.Remote == domain).Select(static report => ControlLink.Of(report, isWhole: true))],
            Incoming: [.. incoming.Describe().Where(report => report.Pair.Remote == domain).Select(ControlIncoming.Of)],
            Policy: Policy(domain));
        if (reply.Links!.Count + reply.Incoming!.Count > 0) return reply;
        throw new CommandRefusedException($"nothing is known of {domain} (policy: {reply.Policy}): lately nothing was sent there, and nothing came; \"federation test {domain}\" tries it");
    }

    /// <summary>Tries a domain.</summary>
    /// <param name="domain">The other server's.</param>
    /// <param name="from">Ours; null for the first.</param>
    /// <param name="follow">Takes each step as it comes, on any thread.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="CommandRefusedException">There is nothing to try.</exception>
    public async Task<ControlTest> TestAsync(string domain, string? from, Action<string> follow, CancellationToken cancel)
    {
        RequireRemote(domain);
        string local = from ?? domains.All[0].Domain;
        if (!domains.Serves(Jid.Parse(local))) throw new CommandRefusedException($"the server does not serve {local}, only {string.Join(", ", domains.All)}");
        follow($"From {local} to {domain}; policy: {Policy(domain)}.");
        LinkTest test = await tester.TestAsync(new DomainPair(local, domain), new LinkTrace(time, follow), cancel);
        return new ControlTest(local, test.Manner?.ToString(), ControlFault.Of(test.Failure));
    }

    private void RequireRemote(string domain)
    {
        Jid address = Jid.Parse(domain);
        if (domains.IsLocal(address)) throw new CommandRefusedException($"{domain} is served here; no link leads to it");
        if (domains.Serves(address)) throw new CommandRefusedException($"{domain} is a component of this server; no link leads to it");
    }

    private string Policy(string domain) => remote.Policies.Of(domain) switch
    {
        DomainPolicy.Deny => "deny",
        DomainPolicy.RequireCertificate => "certificate",
        _ => "dialback",
    };
}
