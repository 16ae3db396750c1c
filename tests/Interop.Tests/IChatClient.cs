namespace PresenceXml.Interop.Tests;

/// <summary>A client program that stays online, as a test of the chat sees it.</summary>
public interface IChatClient : IAsyncDisposable
{
    /// <summary>Starts the program, logs in over STARTTLS with the server's self-signed certificate accepted, and sends presence.</summary>
    Task LoginAsync(ServerProcess server, string jid, string password);

    Task SendAsync(string to, string body);

    /// <summary>Waits until the program has shown or logged a message with this text.</summary>
    Task ExpectMessageAsync(string body);

    /// <summary>Ends the program as its user would; it can log in again.</summary>
    Task QuitAsync();
}
