using PresenceXml.Testing;

namespace PresenceXml.Server.Tests;

/// <summary>A server whose store fails when a test says so.</summary>
public abstract class FaultyFixture : ServerFixture
{
    /// <summary>The store.</summary>
    protected FaultyEngine Engine { get; private set; } = null!;

    protected override void Configure(TestServer.Settings settings) => settings.Engine = inner => Engine = new FaultyEngine(inner);
}
