namespace PresenceXml.Server.Modules;

/// <summary>An ad-hoc command that a module offers to the owner of an account.</summary>
/// <param name="Node">Its name on the wire.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="First">Its first step.</param>
internal sealed record AccountCommand(string Node, string Name, CommandHandler First);

/// <summary>The ad-hoc commands of all modules, in the order in which they were declared.</summary>
public sealed class CommandTable
{
    private readonly List<AccountCommand> commands = [];
    private bool frozen;

    internal IReadOnlyList<AccountCommand> All => commands;

    internal AccountCommand? Find(string node) => commands.Find(command => command.Node == node);

    internal void Add(AccountCommand command, string module)
    {
        if (frozen)
            throw new InvalidOperationException("Modules declare commands while they register, not later.");
        if (Find(command.Node) is not null)
            throw new InvalidOperationException($"{module} declares the command \"{command.Node}\", which is there already.");
        commands.Add(command);
    }

    internal void Freeze() => frozen = true;
}
