using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Frontend.Forms;
using Krewe.Frontend.Xml;

namespace Krewe.Tests.Unit.Forms;

/// <summary>XEP-0004: what is read of a form, and that what is written is read again.</summary>
public sealed class DataFormTests
{
    [Fact]
    public void Read_OfASubmittedForm_GivesItsFieldsInOrder()
    {
        var form = Read("""
            <x xmlns='jabber:x:data' type='submit'>
              <title>never looked at</title>
              <field var='FORM_TYPE' type='hidden'><value>urn:example:form</value></field>
              <field type='fixed'><value>for people</value></field>
              <field var='one'><value>R &amp; J</value></field>
              <field var='none'/>
              <field var='two'><value>a</value><option><value>not a value</value></option><value/></field>
              <field xmlns='urn:example:other' var='foreign'><value>x</value></field>
            </x>
            """)!;

        Assert.Equal((DataFormType.Submit, "urn:example:form", true), (form.Type, form.FormType, form.HasFields));
        Assert.Equal(["FORM_TYPE", "one", "none", "two"], form.Fields.Select(field => field.Name));
        Assert.Equal(["R & J"], form.Find("one")!.Values.ToArray());
        Assert.Empty(form.Find("none")!.Values);
        Assert.Equal(["a", ""], form.Find("two")!.Values.ToArray());
        Assert.Null(form.Find("foreign"));
    }

    [Theory]
    [InlineData("<x xmlns='jabber:x:data' type='cancel'/>", DataFormType.Cancel)]
    [InlineData("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>a</value></field></x>", DataFormType.Submit)]
    [InlineData("<x xmlns='jabber:x:data' type='form'/>", DataFormType.Form)]
    [InlineData("<x xmlns='jabber:x:data' type='result'/>", DataFormType.Result)]
    public void Read_OfAFormWithoutFields_SaysSo(string xml, object type)
    {
        var form = Read(xml)!;

        Assert.Equal(type, form.Type);
        Assert.False(form.HasFields);
    }

    [Theory]
    [InlineData("<x xmlns='jabber:x:data'/>")]
    [InlineData("<x xmlns='jabber:x:data' type='nonsense'/>")]
    [InlineData("<x xmlns='jabber:x:data' type='submit'><field var='a'/><field var='a'/></x>")]
    public void Read_OfWhatIsNoForm_Fails(string xml) => Assert.Null(Read(xml));

    [Theory]
    [InlineData(DataForm.FieldsMax, 1, true)]
    [InlineData(DataForm.FieldsMax + 1, 1, false)]
    [InlineData(2, DataForm.ValuesMax / 2, true)]
    [InlineData(2, (DataForm.ValuesMax / 2) + 1, false)]
    public void Read_HasItsBounds(int fields, int values, bool isRead)
    {
        var xml = new StringBuilder("<x xmlns='jabber:x:data' type='submit'>");
        for (var i = 0; i < fields; i++)
        {
            xml.Append($"<field var='{i}'>").Insert(xml.Length, "<value>v</value>", values).Append("</field>");
        }

        var form = Read(xml.Append("</x>").ToString());

        Assert.Equal(isRead, form is not null);
        Assert.Equal(isRead ? fields * values : 0, form?.Fields.Sum(field => field.Values.Length) ?? 0);
    }

    [Fact]
    public void Read_GoesToTheEndOfTheForm()
    {
        var reader = new XmlElementReader("<q><x xmlns='jabber:x:data' type='submit'><field var='a'><value/></field></x><next/></q>"u8);
        Assert.True(reader.ReadToFirstChild());

        Assert.True(DataForm.TryRead(ref reader, out _));
        Assert.True(reader.Read());
        Assert.True(reader.NameIs("next"u8));
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData(" 0\n", false)]
    [InlineData("false", false)]
    [InlineData("TRUE", null)]
    [InlineData("yes", null)]
    [InlineData("", null)]
    public void ParseBoolean_TakesWhatXmlSchemaTakes(string value, bool? expected) => Assert.Equal(expected, DataForm.ParseBoolean(value));

    [Fact]
    public void Written_IsReadAgain() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonNull<string>[]>(),
        texts =>
        {
            // What XML cannot hold becomes U+FFFD on the way; here only what it can.
            string[] values = [.. texts.Select(text => new string([.. text.Get.Where(c => c is '\n' or '\t' or (>= ' ' and < '\ud800'))]))];
            var output = new ArrayBufferWriter<byte>();
            var xml = new XmppWriter(output);
            DataFormWriter.WriteStart(ref xml, DataFormType.Result, "urn:example:form", "T & T", "<do>");
            DataFormWriter.WriteField(ref xml, DataFormFieldType.TextMulti, "it's", "<label>", values, [new DataFormOption("o", "'O'")], isRequired: true);
            DataFormWriter.WriteEnd(ref xml);
            var form = Read(Encoding.UTF8.GetString(output.WrittenSpan))!;

            Assert.Equal((DataFormType.Result, "urn:example:form"), (form.Type, form.FormType));
            Assert.Equal(values, form.Find("it's")!.Values.ToArray());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void FieldTypes_AreSpelledAsTheyAreNamed() =>
        Assert.All(Enum.GetValues<DataFormFieldType>(), type => Assert.Equal($"{type}", string.Concat(DataFormWriter.WireName(type).Split('-').Select(part => char.ToUpperInvariant(part[0]) + part[1..]))));

    private static DataForm? Read(string xml)
    {
        var reader = new XmlElementReader(Encoding.UTF8.GetBytes(xml));
        Assert.True(reader.Read());
        return DataForm.TryRead(ref reader, out var form) ? form : null;
    }
}
