namespace PresenceXml.Server.Modules.Disco;

/// <summary>What an entity is (XEP-0030 §3.1), in the registry's terms.</summary>
/// <param name="Category">For example <c>server</c>.</param>
/// <param name="Type">For example <c>im</c>.</param>
/// <param name="Lang">The language of <paramref name="Name"/>, or null.</param>
/// <param name="Name">A name for people, or null.</param>
public readonly record struct DiscoIdentity(string Category, string Type, string? Lang = null, string? Name = null);
