using System.Globalization;
using System.Text;
using PresenceXml.Cable.Ledger;
using PresenceXml.Cable.Lines;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Cable.Clients;

/// <summary>A device on one connection: after its <see cref="Beginning"/> it talks until the line ends.</summary>
internal sealed class Conversation(Device device, Connection connection)
{
    /// <summary>More than this is not sent before some of it is acknowledged.</summary>
    private const int Window = 60;

    private readonly Random random = device.Random;
    private readonly ClientWorld world = device.World;

    /// <summary>Pings that are not answered: when they were sent, and what they ask about.</summary>
    private readonly Queue<Question> questions = new();

    // Receipts that the server was told of.
    private int acknowledgedReceipts = device.Receipts.Count;
    private SentMessage? lastSent;
    private bool isInactive;
    private TimeSpan? acknowledgeAt;
    private TimeSpan burstAt;
    private TimeSpan askAt;

    public TimeSpan Now => world.Clock.Now;

    public LineRecord Line { get; set; } = null!;

    public SessionRecord Session { get; set; } = null!;

    /// <summary>Stream management of this session; null: none.</summary>
    public ManagedSession? Managed { get; set; }

    /// <summary>True when what comes is counted.</summary>
    public bool IsCounting { get; set; }

    /// <summary>Runs to the end of the connection, which it never survives.</summary>
    /// <exception cref="LineLostException">Always, but when the device left.</exception>
    public async Task RunAsync()
    {
        await new Beginning(device, connection, this).RunAsync();
        device.IsReady = true;
        await TalkAsync();
    }

    // ---- talking

    private async Task TalkAsync()
    {
        burstAt = Now + Gap();
        askAt = Now;
        while (true)
        {
            if (device.IsLeaving)
            {
                await LeaveAsync();
                return;
            }
            Element? element = await connection.ReceiveAsync(TimeSpan.FromMilliseconds(Math.Clamp((NextEvent() - Now).TotalMilliseconds, 0, 100)));
            if (element is not null)
                Handle(element);
            await ActAsync();
            device.IsSettled = device.Pending.Count == 0
                && (!device.Traits.Catches || (device.CatchUp.IsComplete && device.CatchUp.Query is null));
        }
    }

    private TimeSpan NextEvent()
    {
        TimeSpan next = askAt;
        if (world.IsSending && burstAt < next)
            next = burstAt;
        if (acknowledgeAt is { } at && at < next)
            next = at;
        return next;
    }

    private async Task ActAsync()
    {
        TimeSpan now = Now;
        if (acknowledgeAt <= now)
            SendCount();
        if (questions.TryPeek(out Question? oldest) && now - oldest.At > world.Patience)
        {
            Interlocked.Increment(ref world.Counts.GivenUp);
            Line.Note(now, "the client gives it up", hurts: true);
            connection.Drop(random.Next(2) == 0);
            throw new LineLostException("given up");
        }
        if (now >= askAt)
        {
            if (questions.Count == 0 || device.Pending.Count > 0)
                Demand();
            askAt = now + TimeSpan.FromMilliseconds(random.Next(200, 900));
        }
        switch (device.TakeTask())
        {
            case LastTask.WriteToPeers:
                foreach (Account peer in device.Account.Peers)
                    Send(device.Write(peer), "first, fence");
                Demand();
                break;
            case LastTask.CatchUp when device.Traits.Catches && device.CatchUp.Query is null:
                AskArchive();
                break;
        }
        if (world.IsSending && now >= burstAt)
        {
            burstAt = now + Gap();
            await BurstAsync();
        }
    }

    private TimeSpan Gap() => world.Pause * Math.Min(4, -Math.Log(1 - random.NextDouble()));

    private async Task BurstAsync()
    {
        double chance = random.NextDouble();
        int count = chance < 0.6 ? 1 : chance < 0.9 ? random.Next(2, 6) : random.Next(6, 21);
        for (; count > 0 && device.Pending.Count < Window; count--)
            Send(device.Write(device.Account.Peers[random.Next(device.Account.Peers.Count)]), "first");
        if (random.NextDouble() < 0.7)
            Demand();
        if (world.IsCalm || device.IsSteady)
            return;
        chance = random.NextDouble();
        if (device.HasActivity && chance < 0.1)
        {
            isInactive = !isInactive;
            connection.Send($"<{(isInactive ? "inactive" : "active")} xmlns='{Names.Activity}'/>");
        }
        else if (chance is > 0.1 and < 0.11)
        {
            await LeaveAsync();
            throw new LineLostException("left");
        }
        else if (chance is > 0.11 and < 0.118)
        {
            Line.Note(Now, "the client drops it", hurts: true);
            connection.Drop(random.Next(2) == 0);
            throw new LineLostException("dropped");
        }
    }

    // Asks for an acknowledgement of what was sent.
    public void Demand()
    {
        if (IsCounting)
            connection.Send($"<r xmlns='{Names.Management}'/>");
        Ask();
    }

    // An iq that the server answers itself: the answer tells that the line lives, that it knows what it delivered before, and without SM
    // that it has what was sent before.
    public void Ask()
    {
        var question = new Question(device.NextQuestion(), Now, IsCounting ? acknowledgedReceipts : device.Receipts.Count, lastSent);
        questions.Enqueue(question);
        SendStanza($"<iq type='get' id='{question.Id}' to='{device.Account.Domain}'><ping xmlns='{Names.Ping}'/></iq>");
    }

    public void AskArchive()
    {
        Interlocked.Increment(ref world.Counts.CatchUps);
        SendStanza(device.CatchUp.Ask());
    }

    public void Send(SentMessage message, string why)
    {
        message.Attempts.Add(new Attempt(Now, Line, why));
        lastSent = message;
        if (device is { Pretends: true, Pretended: null } && message.Order > 3)
        {
            device.Pretended = message.Id;
            device.Acknowledge(message, "nothing: the client pretends it");
            return;
        }
        string type = message.Order % 11 == 0 && !message.Address.Contains('/', StringComparison.Ordinal) ? "" : " type='chat'";
        var xml = new StringBuilder();
        xml.Append(CultureInfo.InvariantCulture, $"<message to='{message.Address}'{type} id='{message.Id}'><body>{MessageText.Of(message.Id)}</body>");
        xml.Append(CultureInfo.InvariantCulture, $"<origin-id xmlns='{Namespaces.StanzaId}' id='{message.Id}'/></message>");
        SendStanza(xml.ToString(), message);
    }

    public void SendStanza(string xml, SentMessage? message = null)
    {
        Managed?.Add(xml, message);
        connection.Send(xml);
    }

    private void SendCount()
    {
        acknowledgeAt = null;
        acknowledgedReceipts = device.Receipts.Count;
        connection.Send(string.Create(CultureInfo.InvariantCulture, $"<a xmlns='{Names.Management}' h='{Managed!.Handled}'/>"));
    }

    /// <summary>Closes the stream as RFC 6120 §4.4 has it, and reads to its end.</summary>
    private async Task LeaveAsync()
    {
        if (IsCounting)
            SendCount();
        connection.Send("</stream:stream>");
        TimeSpan limit = Now + world.Patience;
        try
        {
            while (Now < limit)
            {
                if (await connection.ReceiveAsync(limit - Now) is { } element)
                    Handle(element);
            }
        }
        catch (LineLostException)
        {
            // What was waited for, or a line that was cut.
        }
        // Only who read the server's end of the stream knows that the session is over.
        if (connection.WasClosed)
        {
            Session.WasClosed = true;
            device.Managed = null;
            Interlocked.Increment(ref world.Counts.CleanEnds);
        }
    }

    // ---- what comes

    public void Handle(Element element)
    {
        switch (element.Namespace, element.LocalName)
        {
            case (Names.Management, "r"):
                // Some clients are in no hurry.
                if (IsCounting)
                    acknowledgeAt ??= Now + (random.NextDouble() < 0.3 ? TimeSpan.FromMilliseconds(random.Next(400)) : TimeSpan.Zero);
                break;
            case (Names.Management, "a"):
                Acknowledge(element["h"], "h of a");
                break;
            case (Names.Management, "enabled"):
                IsCounting = true;
                Managed!.Id = element["id"];
                if (Managed.Id is not null)
                    device.Managed = Managed;
                break;
            case (Names.Management, "failed"):
                throw Unexpected(element, "in answer to enable");
            case (Namespaces.Client, "message" or "iq" or "presence"):
                if (IsCounting)
                    Managed!.Handled++;
                HandleStanza(element);
                break;
            case (Namespaces.Streams, "error"):
                throw Unexpected(element, "on the stream");
            default:
                device.Complain($"unexpected {element}");
                break;
        }
    }

    private void HandleStanza(Element stanza)
    {
        switch (stanza.LocalName)
        {
            case "iq" when stanza["type"] is "get" or "set":
                string id = stanza["id"] ?? "";
                string to = stanza["from"] is { } from ? $" to='{from}'" : "";
                SendStanza($"<iq type='result' id='{id}'{to}/>");
                break;
            case "iq":
                HandleAnswer(stanza);
                break;
            case "message" when stanza["type"] == "error":
                if (device.Sent.Find(message => message.Id == stanza["id"]) is { } refused)
                    refused.Refusal ??= stanza.Child(Namespaces.Client, "error")?.Children.FirstOrDefault()?.LocalName ?? "error";
                break;
            case "message":
                if (MessageReader.Read(stanza, device.Account.Bare) is { } seen)
                    Receive(seen);
                break;
        }
    }

    private void HandleAnswer(Element iq)
    {
        if (iq["id"] == device.CatchUp.Query)
        {
            Interlocked.Increment(ref world.Counts.Pages);
            bool goesOn = device.CatchUp.Answer(iq, out string? problem);
            if (problem is not null && goesOn)
                device.Forgotten.Add((Now, problem));
            else if (problem is not null)
                device.Complain(problem);
            if (goesOn)
                SendStanza(device.CatchUp.Ask());
            return;
        }
        if (!questions.Any(question => question.Id == iq["id"]))
            return;
        Question answered;
        do
            answered = questions.Dequeue();
        while (answered.Id != iq["id"]);
        Session.Ready ??= Now;
        for (; device.Settled < answered.Receipts; device.Settled++)
            device.Receipts[device.Settled].Settled ??= Now;
        // D4: an answered iq covers what this stream sent before it, but for an error, which says that it could not be kept.
        if (Managed is null && iq["type"] == "result" && answered.Last is not null && device.Pending.Contains(answered.Last))
        {
            SentMessage done;
            do
                device.Acknowledge(done = device.Pending[0], "answered ping");
            while (done != answered.Last);
        }
    }

    private void Receive(Seen seen)
    {
        device.Receipts.Add(new Receipt(Now, Session, Line, seen));
        if (seen.Form == MessageForm.Own && seen.From is not null)
            device.Lock(seen.From);
        if (device.Traits.TrustsLive && seen is { Form: not MessageForm.Archive, StanzaId: not null, Stamp: null })
            device.CatchUp.Trust(seen.StanzaId);
    }

    public void Acknowledge(string? h, string by)
    {
        string? wrong = uint.TryParse(h, CultureInfo.InvariantCulture, out uint count)
            ? Managed?.Acknowledge(count, message => device.Acknowledge(message, $"{by} {count}"))
            : $"h='{h}'";
        if (wrong is not null)
            device.Complain($"{by}: {wrong}");
    }

    public LineLostException Unexpected(Element element, string where)
    {
        // A line that was hurt may well be told so, such as that its last stanza is not whole; but a count is right, or it is not.
        bool isCount = element.Child(Namespaces.StreamErrors, "undefined-condition") is not null;
        // Late bytes of an older line may have resumed the session there: this one is told so, and takes it back.
        bool isConflict = element.Child(Namespaces.StreamErrors, "conflict") is not null;
        if (isCount || (!Line.WasHurt && !isConflict))
            device.Complain($"{element} {where}; {Line}");
        Line.Note(Now, element.ToString());
        if (isCount)
            device.Managed = null;
        return new LineLostException(element.ToString());
    }

    /// <summary>A ping under way.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="At">When it was sent.</param>
    /// <param name="Receipts">How many receipts its answer settles.</param>
    /// <param name="Last">The last message that this stream sent before it.</param>
    private sealed record Question(string Id, TimeSpan At, int Receipts, SentMessage? Last);
}
