using NUnit.Framework;

namespace PresenceXml.Testing;

/// <summary>One server for each test; a test in which something logged an Error it did not announce fails.</summary>
public abstract class ServerFixture
{
    protected TestServer Server { get; private set; } = null!;

    /// <summary>Changes the settings of the servers of this fixture.</summary>
    protected virtual void Configure(TestServer.Settings settings)
    {
    }

    [SetUp]
    public async Task StartServerAsync() => Server = await TestServer.StartAsync(Configure);

    [TearDown]
    public async Task StopServerAsync()
    {
        await Server.DisposeAsync();
        Assert.That(Server.Log.Errors, Is.Empty, "something logged an error that the test did not announce");
    }
}
