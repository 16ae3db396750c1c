using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PresenceXml.Protocol.Tests.Jids;

/// <summary>Addresses mean the same with and without libicu: nothing here asks the platform.</summary>
public sealed class PlatformTests
{
    // What gives other answers, or none, in invariant mode, or changes with the runtime's Unicode version.
    private static readonly string[] Forbidden =
    [
        "System.String.Normalize", "System.String.IsNormalized", "System.StringNormalizationExtensions.*",
        "System.Globalization.IdnMapping.*", "System.Globalization.CharUnicodeInfo.*", "System.Globalization.TextInfo.*",
        "System.Globalization.CompareInfo.*", "System.String.ToLower", "System.String.ToUpper",
    ];

    [Test]
    public void The_protocol_library_uses_no_platform_text_services()
    {
        using FileStream file = File.OpenRead(typeof(Jid).Assembly.Location);
        using var image = new PEReader(file);
        MetadataReader metadata = image.GetMetadataReader();
        string[] used =
        [
            .. metadata.MemberReferences.Select(handle => metadata.GetMemberReference(handle))
                .Where(member => member.Parent.Kind == HandleKind.TypeReference)
                .Select(member => (Type: metadata.GetTypeReference((TypeReferenceHandle)member.Parent), Name: metadata.GetString(member.Name)))
                .Select(member => $"{metadata.GetString(member.Type.Namespace)}.{metadata.GetString(member.Type.Name)}.{member.Name}"),
        ];
        Assert.That(used, Does.Contain("System.String.GetHashCode"), "the scan finds what is known to be used");
        Assert.That(used.Where(IsForbidden), Is.Empty);
    }

    [Test]
    public void The_tests_themselves_run_without_libicu()
    {
        // Then every other test here shows the behaviour in invariant mode. The platform's own does nothing for us in it:
        Assert.That(AppContext.TryGetSwitch("System.Globalization.Invariant", out bool invariant) && invariant, Is.True);
        Assert.That("e\u0301".Normalize(), Is.EqualTo("e\u0301"));
        Assert.That(Jid.Parse("e\u0301@example.com").Local, Is.EqualTo("\u00E9"));
    }

    private static bool IsForbidden(string member) =>
        Forbidden.Any(name => name.EndsWith('*') ? member.StartsWith(name[..^1], StringComparison.Ordinal) : member == name);
}
