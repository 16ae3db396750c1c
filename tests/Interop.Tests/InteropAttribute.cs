using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace PresenceXml.Interop.Tests;

/// <summary>
/// Category Interop: needs real programs. Where one is missing the test is skipped and says so, unless PRESENCEXML_REQUIRE_INTEROP is
/// set (as it is in CI): then it fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class InteropAttribute(params string[] programs) : CategoryAttribute("Interop"), IApplyToTest
{
    void IApplyToTest.ApplyToTest(Test test)
    {
        ApplyToTest(test);
        string[] missing = [.. programs.Where(program => !File.Exists(program))];
        if (missing.Length == 0) return;
        string reason = $"needs {string.Join(", ", missing)}";
        if (Environment.GetEnvironmentVariable("PRESENCEXML_REQUIRE_INTEROP") is { Length: > 0 })
        {
            test.MakeInvalid(reason);
        }
        else
        {
            test.RunState = RunState.Ignored;
            test.Properties.Set(PropertyNames.SkipReason, reason);
        }
    }
}
