using System.ComponentModel.DataAnnotations;

namespace PresenceXml.Server.Configuration;

/// <summary>log: what is written to the console.</summary>
public sealed class LogOptions
{
    [Option("text: one readable line per event. json: one JSON object per line.")]
    [AllowedValues("text", "json")]
    public string Format { get; set; } = "text";

    [Option("The least important events that are written.", DefaultFrom = "a line per login and per refusal, none per stanza")]
    [AllowedValues("Trace", "Debug", "Information", "Warning", "Error", "Critical", "None")]
    public string Level { get; set; } = "Information";
}
