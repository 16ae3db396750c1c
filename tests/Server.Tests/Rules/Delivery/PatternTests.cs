using System.Text.RegularExpressions;
using PresenceXml.Server.Rules.Delivery;

namespace PresenceXml.Server.Tests.Rules.Delivery;

/// <summary>The expressions of delivery rules: what they find, and that none costs more than it may.</summary>
public sealed class PatternTests
{
    private static readonly string[] Expressions =
    [
        "abc", "a.c", "^a", "c$", "a|b|cd", "(ab|a)(bc|c)", "a*b", "a+b?c", "(a*)*b", "(a|b)*abb", "[a-c]+d", "[^a-c]", "\\d{2,3}x", "a{2}b", "a{2,}", "a{0}b", "(ab){1,2}c",
        "\\bab\\b", "\\Bb", "\\w+\\s\\w+", "[\\d-]+", "[]a]", "\\.", "x?y?z?", "(|a)b", "a||b", "(^a|b$)", "[a\\]]b", "\\S\\W\\D",
    ];

    [Test]
    public void They_find_what_the_framework_finds([ValueSource(nameof(Expressions))] string expression, [Values] bool ignoresCase)
    {
        var ours = Pattern.Parse(expression, ignoresCase);
        var theirs = new Regex(expression.Replace("[]a]", "[\\]a]", StringComparison.Ordinal), RegexOptions.Multiline | RegexOptions.CultureInvariant | (ignoresCase ? RegexOptions.IgnoreCase : RegexOptions.None));
        var random = new Random(expression.Length);
        for (int i = 0; i < 400; i++)
        {
            string text = new([.. Enumerable.Range(0, random.Next(9)).Select(_ => "abcdxyzABC01 .]\n-"[random.Next(17)])]);
            Assert.That(ours.IsFoundIn(text, new DeliveryBudget(DeliveryBudget.Steps)), Is.EqualTo(theirs.IsMatch(text)), $"/{expression}/ in \"{text}\"");
        }
    }

    [TestCase("(a"), TestCase("a)"), TestCase("[a"), TestCase("*a"), TestCase("a{1001}"), TestCase("a{2,1}"), TestCase("a{x}"), TestCase("a{1"), TestCase("\\"), TestCase("\\q"), TestCase("[z-a]"), TestCase("^*"), TestCase("\\1"),
     TestCase("((((((((((((((((((a))))))))))))))))))"), TestCase("((a{100}){100}){100}")]
    public void What_is_none_or_grows_too_large_is_refused(string expression) =>
        Assert.That(() => Pattern.Parse(expression, ignoresCase: true), Throws.TypeOf<FormatException>());

    [Test]
    public void One_that_is_too_long_is_refused() =>
        Assert.That(() => Pattern.Parse(new string('a', Pattern.MaxLength + 1), ignoresCase: true), Throws.TypeOf<FormatException>());

    // What makes backtracking take for ever. Steps are counted, so this measures no clock.
    [TestCase("(a*)*b"), TestCase("(a|aa)+$"), TestCase("(a|a?)+b"), TestCase("([a-z]+)*\\d"), TestCase("(.*)(.*)(.*)(.*)(.*)=x")]
    public void None_takes_more_steps_than_its_size_times_the_text(string expression)
    {
        var pattern = Pattern.Parse(expression, ignoresCase: true);
        var budget = new DeliveryBudget(int.MaxValue);
        pattern.IsFoundIn(new string('a', 64 * 1024) + "!", budget);
        Assert.That(budget.Taken, Is.LessThan(64 * 1024 * 60));
    }

    [Test]
    public void What_is_not_paid_for_is_not_found_and_the_budget_says_so()
    {
        var pattern = Pattern.Parse("((a?){60}){8}b", ignoresCase: true);
        var budget = new DeliveryBudget(DeliveryBudget.Steps);
        Assert.That(pattern.IsFoundIn(new string('a', 64 * 1024) + "b", budget), Is.False);
        Assert.That((budget.IsSpent, budget.Taken), Is.EqualTo((true, DeliveryBudget.Steps)));
        Assert.That(budget.TryTake(0), Is.False, "spent is spent");
    }
}
