using System.Collections.Immutable;
using PresenceXml.Protocol;
using PresenceXml.Protocol.Forms;

namespace PresenceXml.Server.Modules.Commands;

/// <summary>A step that waits for its form.</summary>
/// <param name="Form">What was asked.</param>
/// <param name="Handler">Who gets it.</param>
/// <param name="HasMore">There is yet another step behind it.</param>
internal sealed record CommandStep(DataForm Form, CommandHandler Handler, bool HasMore);

/// <summary>A command that somebody has begun and not ended. Immutable.</summary>
/// <param name="Id">Its session id; cannot be guessed.</param>
/// <param name="Node">Which command.</param>
/// <param name="Asker">The resource that began it; no other goes on with it.</param>
/// <param name="Steps">The step that waits, and those before it.</param>
/// <param name="Touched">When somebody last did something about it.</param>
internal sealed record CommandRun(string Id, string Node, Jid Asker, ImmutableStack<CommandStep> Steps, DateTimeOffset Touched)
{
    public CommandStep Current => Steps.Peek();

    public bool HasBefore => !Steps.Pop().IsEmpty;
}

/// <summary>The commands of one account that wait for somebody, the oldest first. Immutable.</summary>
internal sealed record CommandRuns(ImmutableArray<CommandRun> All)
{
    // As many as somebody could have open in windows; the one nobody has touched for longest gives way.
    private const int Most = 8;

    public static readonly CommandRuns None = new([]);

    public CommandRun? Find(string id) => All.FirstOrDefault(run => run.Id == id);

    public CommandRuns Without(string id) => new(All.RemoveAll(run => run.Id == id));

    public CommandRuns With(CommandRun run)
    {
        ImmutableArray<CommandRun> others = Without(run.Id).All;
        return new([.. others.Length < Most ? others : others[1..], run]);
    }
}
