using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Stanzas;

namespace PresenceXml.Server.Modules;

/// <summary>What one step of an ad-hoc command comes to.</summary>
public sealed class CommandReply
{
    private CommandReply()
    {
    }

    /// <summary>The form that is shown, or null.</summary>
    public DataForm? Form { get; private init; }

    /// <summary>The step that gets what is put into the form; null when the command is over.</summary>
    public CommandHandler? Next { get; private init; }

    /// <summary>True when there is yet another step after the next.</summary>
    public bool HasMore { get; private init; }

    /// <summary>What is said beside it, or null.</summary>
    public string? Note { get; private init; }

    /// <summary>The same form is to be filled in again, for the reason in <see cref="Note"/>.</summary>
    public bool IsAgain { get; private init; }

    public StanzaError? Error { get; private init; }

    /// <summary>Asks for a form to be filled in; <paramref name="next"/> gets it.</summary>
    public static CommandReply Ask(DataForm form, CommandHandler next, bool hasMore = false) => new() { Form = form, Next = next, HasMore = hasMore };

    /// <summary>What was put in will not do; the same form is asked again.</summary>
    public static CommandReply Again(string why) => new() { Note = why, IsAgain = true };

    /// <summary>Done; the note says what was done.</summary>
    public static CommandReply Done(string note) => new() { Note = note };

    /// <summary>Done; shows a result.</summary>
    public static CommandReply Show(DataForm result, string? note = null) => new() { Form = result, Note = note };

    /// <summary>It cannot be done.</summary>
    public static CommandReply Fail(StanzaError error) => new() { Error = error };
}
