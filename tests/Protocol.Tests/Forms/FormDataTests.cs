using PresenceXml.Protocol.Forms;
using PresenceXml.Protocol.Xml;

namespace PresenceXml.Protocol.Tests.Forms;

/// <summary>XEP-0004: what is put into a form is checked against the form that was asked.</summary>
public sealed class FormDataTests
{
    private static readonly FieldOption[] Colours = [new("r", "Red"), new("g", "Green")];

    [TestCase(FieldType.TextSingle, "a", "b", "takes one value")]
    [TestCase(FieldType.TextPrivate, "a", "b", "takes one value")]
    [TestCase(FieldType.Boolean, "maybe", null, "is yes or no, not \"maybe\"")]
    [TestCase(FieldType.JidSingle, "@@", null, "\"@@\" is no address")]
    [TestCase(FieldType.JidSingle, "a@b.example", "c@d.example", "takes one value")]
    [TestCase(FieldType.JidMulti, "a@b.example", "@@", "\"@@\" is no address")]
    [TestCase(FieldType.ListSingle, "b", null, "\"b\" is none of the choices")]
    [TestCase(FieldType.ListSingle, "r", "g", "takes one value")]
    [TestCase(FieldType.ListMulti, "r", "b", "\"b\" is none of the choices")]
    public void What_does_not_fit_is_named(FieldType type, string one, string? other, string problem)
    {
        var form = new DataForm("t") { Fields = [new FormField("f", type) { Label = "The field", Options = Colours }] };
        Assert.That(FormData.TryRead(form, Submit("f", one, other), out FormData? data, out string? told), Is.False);
        Assert.That(data, Is.Null);
        Assert.That(told, Is.EqualTo("The field: " + problem));
    }

    [TestCase(FieldType.TextSingle, "a", null, "a")]
    [TestCase(FieldType.TextPrivate, " a ", null, " a ")]
    [TestCase(FieldType.TextMulti, "a", "b", "a\nb")]
    [TestCase(FieldType.TextMulti, "a\r\nb", null, "a\nb")]
    [TestCase(FieldType.Boolean, "1", null, "1")]
    [TestCase(FieldType.Boolean, "false", null, "false")]
    [TestCase(FieldType.JidSingle, " a@b.example ", null, "a@b.example")]
    [TestCase(FieldType.JidMulti, "a@b.example\nc@d.example", "e@f.example", "a@b.example\nc@d.example\ne@f.example")]
    [TestCase(FieldType.ListSingle, "g", null, "g")]
    [TestCase(FieldType.ListMulti, "g", "r", "g\nr")]
    public void What_fits_is_read(FieldType type, string one, string? other, string text)
    {
        var form = new DataForm("t") { Fields = [new FormField("f", type) { IsRequired = true, Options = Colours }] };
        Assert.That(FormData.TryRead(form, Submit("f", one, other), out FormData? data, out string? problem), Is.True, problem);
        Assert.That(data!.Text("f"), Is.EqualTo(text));
    }

    [Test]
    public void A_field_that_is_required_is_to_be_filled_in([Values] bool isEmpty)
    {
        var form = new DataForm("t") { Fields = [new FormField("f", FieldType.TextSingle) { IsRequired = true }] };
        Assert.That(FormData.TryRead(form, isEmpty ? Submit("f", "") : Submit("other", "x"), out _, out string? problem), Is.False);
        Assert.That(problem, Is.EqualTo("f: is to be filled in"));
    }

    [Test]
    public void What_is_hidden_counts_as_it_was_shown_and_what_was_not_asked_is_not_there()
    {
        var form = new DataForm("t") { Fields = [new FormField("f", FieldType.Hidden) { Values = ["mine"] }, FormField.Text("read this")] };
        Element submit = Element.Parse("<x xmlns='jabber:x:data' type='submit'><field var='f'><value>yours</value></field><field var='g'><value>1</value></field></x>");
        Assert.That(FormData.TryRead(form, submit, out FormData? data, out _), Is.True);
        Assert.That(data!.Text("f"), Is.EqualTo("mine"));
        Assert.That(data.All("g"), Is.Empty);
    }

    [Test]
    public void Addresses_and_flags_are_read_as_what_they_are()
    {
        var form = new DataForm("t") { Fields = [new FormField("a", FieldType.JidMulti), new FormField("b", FieldType.JidSingle), FormField.Flag("c", "C"), FormField.Flag("d", "D")] };
        Element submit = Element.Parse("<x xmlns='jabber:x:data' type='submit'><field var='a'><value>A@b.example</value><value>a@b.example</value></field><field var='c'><value>true</value></field></x>");
        Assert.That(FormData.TryRead(form, submit, out FormData? data, out _), Is.True);
        Assert.That(data!.Addresses("a"), Is.EqualTo(new[] { Jid.Parse("a@b.example") }));
        Assert.That(data.Address("b"), Is.Null);
        Assert.That(data.Flag("c"), Is.True);
        Assert.That(data.Flag("d"), Is.False);
    }

    [Test]
    public void A_form_is_written_with_all_it_has()
    {
        var form = new DataForm("Title")
        {
            Instructions = ["Do this."],
            Fields = [FormField.Choice("c", "Colour", "r", Colours) with { Description = "Yours", IsRequired = true }],
            Columns = [new FormField("who", FieldType.JidSingle) { Label = "Who" }],
            Rows = [["a@b.example"]],
        };
        Assert.That(form.ToElement(isResult: false).ToString(), Is.EqualTo(Element.Parse(
            "<x xmlns='jabber:x:data' type='form'><title>Title</title><instructions>Do this.</instructions>"
            + "<field type='list-single' var='c' label='Colour'><desc>Yours</desc><required/><value>r</value><option label='Red'><value>r</value></option>"
            + "<option label='Green'><value>g</value></option></field>"
            + "<reported><field type='jid-single' var='who' label='Who'/></reported><item><field var='who'><value>a@b.example</value></field></item></x>").ToString()));
    }

    private static Element Submit(string name, params string?[] values) => new(
        DataForm.Ns, "x", new XmlAttribute("type", "submit"),
        new Element(DataForm.Ns, "field", new XmlAttribute("var", name), values.OfType<string>().Select(value => new Element(DataForm.Ns, "value", value))));
}
