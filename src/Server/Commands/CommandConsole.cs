namespace PresenceXml.Server.Commands;

/// <summary>Where a command reads and writes.</summary>
/// <param name="Out">What was asked for.</param>
/// <param name="Error">Why it was refused.</param>
/// <param name="In">Standard input.</param>
public sealed record CommandConsole(TextWriter Out, TextWriter Error, TextReader In)
{
    /// <summary>Asks on the terminal without showing what is typed; null when there is no terminal.</summary>
    public Func<string, string>? AskSecret { get; init; }
}
