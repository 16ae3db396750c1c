using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PresenceXml.Interop.Tests;

/// <summary>finch as Debian ships it: Pidgin's engine (libpurple) in a terminal, told what to do over D-Bus.</summary>
public sealed class FinchClient : TerminalProgram, IChatClient
{
    private string jid = "";
    private Process? bus;

    public async Task LoginAsync(ServerProcess server, string jid, string password)
    {
        this.jid = jid;
        string purple = Directory.CreateDirectory(Path.Combine(Home, ".purple")).FullName;
        // The certificate it is to trust, under the name it connects to.
        string peers = Directory.CreateDirectory(Path.Combine(purple, "certificates", "x509", "tls_peers")).FullName;
        File.Copy(server.Certificate, Path.Combine(peers, "127.0.0.1"), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(purple, "accounts.xml"), $"""
            <?xml version='1.0' encoding='UTF-8' ?>
            <account version='1.0'><account>
            <protocol>prpl-jabber</protocol><name>{jid}/finch</name><password>{password}</password>
            <statuses><status type='available' name='Available' active='true'><attributes/></status></statuses>
            <settings>
            <setting name='connect_server' type='string'>127.0.0.1</setting>
            <setting name='port' type='int'>{server.Port}</setting>
            <setting name='connection_security' type='string'>require_tls</setting>
            </settings>
            <settings ui='gnt-purple'><setting name='auto-login' type='bool'>1</setting></settings>
            </account></account>
            """);
        await File.WriteAllTextAsync(Path.Combine(purple, "prefs.xml"), """
            <?xml version='1.0' encoding='UTF-8' ?>
            <pref version='1' name='/'><pref name='purple'><pref name='logging'>
            <pref name='log_ims' type='bool' value='1'/><pref name='format' type='string' value='txt'/>
            </pref></pref></pref>
            """);
        if (bus is null)
        {
            bus = Process.Start(Start("dbus-daemon", "--session", "--print-address", "--nofork"))!;
            Variables["DBUS_SESSION_BUS_ADDRESS"] = (await bus.StandardOutput.ReadLineAsync())!;
        }
        await RunAsync("finch");
    }

    public async Task SendAsync(string to, string body)
    {
        string account = await CallAsync("PurpleAccountsFind", "string:" + jid, "string:prpl-jabber");
        string conversation = await CallAsync("PurpleConversationNew", "int32:1", "int32:" + account, "string:" + to);
        string chat = await CallAsync("PurpleConvIm", "int32:" + conversation);
        await CallAsync("PurpleConvImSend", "int32:" + chat, "string:" + body);
    }

    public Task ExpectMessageAsync(string body) => ExpectFileAsync(".purple/logs", body);

    public override async Task QuitAsync()
    {
        // Its engine logs off and ends, its screen does not always notice.
        await CallAsync("PurpleCoreQuit");
        await KillAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        if (bus is not null)
        {
            if (!bus.HasExited) bus.Kill();
            await bus.WaitForExitAsync();
            bus.Dispose();
        }
        await base.DisposeAsync();
    }

    /// <summary>Calls libpurple and returns the number it answers with; "" when it answers nothing.</summary>
    private async Task<string> CallAsync(string method, params string[] arguments)
    {
        using Process call = Process.Start(Start("dbus-send", [
            "--session", "--print-reply", "--dest=im.pidgin.purple.PurpleService", "/im/pidgin/purple/PurpleObject",
            "im.pidgin.purple.PurpleInterface." + method, .. arguments]))!;
        string answer = await call.StandardOutput.ReadToEndAsync();
        await call.WaitForExitAsync();
        return Regex.Match(answer, @"int32 (\d+)", RegexOptions.CultureInvariant).Groups[1].Value;
    }
}
