using System.Globalization;
using PresenceXml.Cable.Ledger;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Cable.Clients;

/// <summary>The beginning of a conversation: the device signs in, resumes its session or gets a new one, and sends what was left over.</summary>
internal sealed class Beginning(Device device, Connection connection, Conversation conversation)
{
    private readonly Random random = device.Random;
    private readonly ClientWorld world = device.World;
    private SessionRecord? asked;

    /// <exception cref="LineLostException">It did not come so far.</exception>
    public async Task RunAsync()
    {
        ForgetNowAndThen();
        if (device.IsModern)
            await SignInAsync();
        else
            await LogInAsync();
    }

    // RFC 6120: one step after the other.
    private async Task LogInAsync()
    {
        Element features = await Login.RunAsync(connection, device.Account, world.Patience, BeginLine);
        device.HasActivity = HasActivity(features);
        bool canManage = device.Traits.Managed && features.Child(Names.Management, "sm") is not null;
        if (canManage && device.Managed is { } old)
        {
            connection.Send(Resume(old));
            if (TakeAnswer(await ReceiveAnswerAsync()))
                return;
        }
        AskSession();
        connection.Send($"<iq type='set' id='bind'><bind xmlns='{Namespaces.Bind}'><resource>{device.Resource}</resource></bind></iq>");
        Element bound = await Login.ExpectAsync(connection, Namespaces.Client, "iq", world.Patience);
        BeginSession(bound.Child(Namespaces.Bind, "bind")?.Child(Namespaces.Bind, "jid")?.Text ?? throw conversation.Unexpected(bound, "in answer to bind"));
        if (canManage)
        {
            conversation.Managed = new ManagedSession();
            connection.Send($"<enable xmlns='{Names.Management}' resume='true'/>");
            // Stanzas may come before the answer; they do not count.
            bool waits = random.Next(2) == 0;
            while (waits && !conversation.IsCounting)
                conversation.Handle(await connection.ReceiveAsync(world.Patience) ?? throw new LineLostException("no enabled in time"));
        }
        if (device.Traits.Carbons)
            conversation.SendStanza($"<iq type='set' id='carbons'><enable xmlns='{Names.Carbons}'/></iq>");
        Appear();
    }

    // XEP-0388: everything at once, over TLS.
    private async Task SignInAsync()
    {
        string resume = device.Traits.Managed && device.Managed is { } old ? Resume(old) : "";
        string enable = device.Traits.Managed ? $"<enable xmlns='{Names.Management}' resume='true'/>" : "";
        string carbons = device.Traits.Carbons ? $"<enable xmlns='{Names.Carbons}'/>" : "";
        Element success = await Login.SignInAsync(
            connection, device.Account, world.Patience, BeginLine,
            $"<user-agent id='{device.InstallationId}'/>{resume}<bind xmlns='{Names.Bind2}'><tag>{device.Resource}</tag>{enable}{carbons}</bind>");
        Element? answer = success.Child(Names.Management, "resumed") ?? success.Child(Names.Management, "failed");
        if (resume.Length > 0 && TakeAnswer(answer ?? throw conversation.Unexpected(success, "does not answer resume")))
        {
            return;
        }
        Element bound = success.Child(Names.Bind2, "bound") ?? throw conversation.Unexpected(success, "has not bound");
        BeginSession(success.Child(Names.Sasl2, "authorization-identifier")?.Text ?? throw conversation.Unexpected(success, "has no address"));
        if (device.Traits.Managed)
        {
            conversation.Managed = new ManagedSession();
            conversation.Handle(bound.Child(Names.Management, "enabled") ?? throw conversation.Unexpected(success, "has not enabled stream management"));
        }
        device.HasActivity = HasActivity(await Login.ExpectAsync(connection, Namespaces.Streams, "features", world.Patience));
        Appear();
    }

    private void BeginLine()
    {
        conversation.Line = device.CurrentLine!;
        if (device.IsModern)
            AskSession();
    }

    private static bool HasActivity(Element features) => features.Child(Names.Activity, "csi") is not null;

    private static string Resume(ManagedSession session) =>
        string.Create(CultureInfo.InvariantCulture, $"<resume xmlns='{Names.Management}' h='{session.Handled}' previd='{session.Id}'/>");

    // A client that was killed has lost its session's id, while the server still keeps the session.
    private void ForgetNowAndThen()
    {
        if (device.Managed is null || world.IsCalm || device.IsSteady || random.NextDouble() >= 0.04)
            return;
        device.Managed = null;
        Interlocked.Increment(ref world.Counts.Forgotten);
    }

    private async Task<Element> ReceiveAnswerAsync()
    {
        try
        {
            return await connection.ReceiveAsync(world.Patience) ?? throw new LineLostException("no answer to resume in time");
        }
        catch (LineLostException)
        {
            Interlocked.Increment(ref world.Counts.Interrupted);
            throw;
        }
    }

    /// <summary>The answer to resume. False: the session is gone; what its <c>h</c> covers is acknowledged.</summary>
    private bool TakeAnswer(Element answer)
    {
        conversation.Managed = device.Managed;
        if (answer.Is(Names.Management, "resumed"))
        {
            Interlocked.Increment(ref world.Counts.Resumed);
            GoOn(answer);
            return true;
        }
        if (!answer.Is(Names.Management, "failed"))
            throw conversation.Unexpected(answer, "in answer to resume");
        if (answer["h"] is { } h)
            conversation.Acknowledge(h, "h of failed");
        Interlocked.Increment(ref answer["h"] is null ? ref world.Counts.RefusedWithoutCount : ref world.Counts.RefusedWithCount);
        device.Managed = conversation.Managed = null;
        return false;
    }

    private void GoOn(Element resumed)
    {
        if (asked is not null)
            device.Sessions.Remove(asked);
        conversation.IsCounting = true;
        conversation.Session = device.Session!;
        conversation.Session.Lines.Add(conversation.Line);
        conversation.Acknowledge(resumed["h"], "h of resumed");
        foreach ((string xml, SentMessage? message) in conversation.Managed!.ToResend)
        {
            message?.Attempts.Add(new Attempt(conversation.Now, conversation.Line, "again on the resumed stream"));
            Interlocked.Increment(ref world.Counts.ResentOnResumption);
            connection.Send(xml);
        }
        if (device.Traits.Catches && device.CatchUp.Query is null && !device.CatchUp.IsComplete)
            conversation.SendStanza(device.CatchUp.Ask());
    }

    // Before it is known: a server may make one of which the client never learns, and have messages for it.
    private void AskSession()
    {
        asked = new SessionRecord(conversation.Now);
        asked.Lines.Add(conversation.Line);
        device.Sessions.Add(asked);
    }

    private void BeginSession(string address)
    {
        device.Managed = null;
        (asked!.Address, asked.Bound) = (address, conversation.Now);
        conversation.Session = device.Session = asked;
        Interlocked.Increment(ref world.Counts.Sessions);
        device.CatchUp.Restart();
        device.Settled = device.Receipts.Count;
    }

    // From here on messages come. What the ended session left over is sent again: SM's count came with the refusal, without SM nobody knows.
    private void Appear()
    {
        bool asksFirst = random.Next(2) == 0;
        if (device.Traits.Catches && asksFirst)
            conversation.AskArchive();
        conversation.SendStanza("<presence/>");
        conversation.Ask();
        if (device.Traits.Catches && !asksFirst)
            conversation.AskArchive();
        if (!device.Traits.Resends)
        {
            Interlocked.Add(ref world.Counts.Abandoned, device.Pending.Count);
            device.Pending.Clear();
        }
        foreach (SentMessage message in device.Pending)
        {
            Interlocked.Increment(ref world.Counts.Resent);
            conversation.Send(message, "again in a new session");
        }
        if (device.Pending.Count > 0)
            conversation.Demand();
    }
}
