using System.CommandLine;
using PresenceXml.Server.Configuration;

namespace PresenceXml.Server.Commands;

/// <summary><c>config check | schema | show</c>.</summary>
internal sealed class ConfigCommands(CommandHost host, CommandConsole console, Option<string?> config)
{
    public Command Build()
    {
        var markdown = new Option<bool>("--markdown") { Description = "A table for people instead." };
        var check = new Command("check", "Say whether the configuration can be used.");
        var schema = new Command("schema", "Print the JSON schema of the configuration, every key with its meaning and default.") { markdown };
        var show = new Command("show", "Print the configuration in force: defaults, file and environment together, secrets masked.");
        check.SetAction(result =>
        {
            ServerConfiguration loaded = host.Load(result.GetValue(config));
            console.Out.WriteLine(loaded.File is null ? $"There is no {ServerConfiguration.DefaultFile} in {host.WorkingDirectory}; every key is at its default." : $"{loaded.File} can be used.");
        });
        schema.SetAction(result => console.Out.WriteLine(result.GetValue(markdown) ? ConfigSchema.ToMarkdown(host.Modules).TrimEnd() : ConfigSchema.ToJsonSchema(host.Modules)));
        show.SetAction(result => console.Out.WriteLine(ConfigSchema.ToJson(host.Load(result.GetValue(config)))));
        return new Command("config", "Look at the configuration.") { check, schema, show };
    }
}
