using System.Text.RegularExpressions;

namespace PresenceXml.Server.Tests.Disclosure;

/// <summary>What somebody was told, without what has to differ: whom he asked about, and ids the server makes up.</summary>
internal static partial class Transcript
{
    public static string Of(string said, string account) =>
        MadeUpPattern().Replace(said.Replace(account, "X", StringComparison.Ordinal), "$1…$2");

    // Stanza-ids, also as the text of <first/> and <last/>, ids of pushes, versions of the roster. What was sent has short ids, which are not touched.
    [GeneratedRegex(@"(\b(?:id|ver)=')[^']{5,}(')|(?<=<(?:first index='\d+'|last)>)[\w-]{20,}(?=<)")]
    private static partial Regex MadeUpPattern();
}
