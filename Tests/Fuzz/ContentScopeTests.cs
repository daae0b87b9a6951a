using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Xml;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Frontend.Components;

namespace Krewe.Tests.Fuzz;

/// <summary>Specs C-012 against System.Xml: what was in the one content namespace is in the other afterwards, and everything else is what it was.</summary>
public sealed class ContentScopeTests
{
    private const string Client = "jabber:client";
    private const string Component = "jabber:component:accept";
    private const string Foreign = "urn:x";

    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(3000);

    [Theory]
    [InlineData(Component, Client)]
    [InlineData(Client, Component)]
    public void Rescope_MovesContent_AndNothingElse(string from, string to)
    {
        var changed = 0;
        Check.One(s_config, Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var xml = Write(new System.Random(seed), 0, []);
            var output = new ArrayBufferWriter<byte>();
            var isChanged = ContentScope.TryRescope(Encoding.UTF8.GetBytes(xml), Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to), output);
            var rescoped = isChanged ? Encoding.UTF8.GetString(output.WrittenSpan) : xml;
            changed += isChanged ? 1 : 0;

            Assert.Equal(Expected(xml, from, to), Names(rescoped, to));
        }));

        Assert.True(changed > 1000, $"{changed} changed");
    }

    /// <summary>The names of all elements and attributes, as they are to be.</summary>
    private static List<string> Expected(string xml, string from, string to)
    {
        var names = new List<string>();
        var scopes = new Stack<(bool IsContent, ImmutableDictionary<string, (string Value, bool IsContent)> Bindings)>();
        scopes.Push((true, ImmutableDictionary<string, (string, bool)>.Empty.Add("", (from, true))));
        using var reader = Reader(xml, from);
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.Element && reader.Depth > 0)
            {
                var isEmpty = reader.IsEmptyElement;
                var attributes = Attributes(reader);
                var isContent = scopes.Peek().IsContent && reader.NamespaceURI is (Client or Component);
                var bindings = scopes.Peek().Bindings;
                foreach (var (name, value) in attributes.Where(attribute => attribute.Name == "xmlns" || attribute.Name.StartsWith("xmlns:", StringComparison.Ordinal)))
                {
                    bindings = bindings.SetItem(name == "xmlns" ? "" : name[6..], (value, isContent));
                }

                names.Add(Name(reader.Prefix, reader.LocalName));
                names.AddRange(attributes.Where(attribute => !attribute.Name.StartsWith("xmlns", StringComparison.Ordinal))
                    .Select(attribute => attribute.Name.Split(':') is [var prefix, var local] ? Name(prefix, local) : attribute.Name));
                if (!isEmpty)
                {
                    scopes.Push((isContent, bindings));
                }

                string Name(string prefix, string local)
                {
                    var (value, ofContent) = bindings[prefix];
                    return $"{{{(ofContent && value == from ? to : value)}}}{local}";
                }
            }
            else if (reader.NodeType == XmlNodeType.EndElement)
            {
                scopes.Pop();
            }
        }

        return names;
    }

    private static List<string> Names(string xml, string contentNamespace)
    {
        var names = new List<string>();
        using var reader = Reader(xml, contentNamespace);
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.Element && reader.Depth > 0)
            {
                names.Add($"{{{reader.NamespaceURI}}}{reader.LocalName}");
                while (reader.MoveToNextAttribute())
                {
                    if (reader.NamespaceURI != "http://www.w3.org/2000/xmlns/")
                    {
                        names.Add(reader.Prefix.Length == 0 ? reader.LocalName : $"{{{reader.NamespaceURI}}}{reader.LocalName}");
                    }
                }

                reader.MoveToElement();
            }
        }

        return names;
    }

    private static List<(string Name, string Value)> Attributes(XmlReader reader)
    {
        var attributes = new List<(string, string)>();
        while (reader.MoveToNextAttribute())
        {
            attributes.Add((reader.Name, reader.Value));
        }

        reader.MoveToElement();
        return attributes;
    }

    private static XmlReader Reader(string xml, string contentNamespace) => XmlReader.Create(new StringReader($"<stream xmlns='{contentNamespace}'>{xml}</stream>"));

    /// <param name="prefixes">Those that are declared.</param>
    private static string Write(System.Random random, int depth, ImmutableHashSet<string> prefixes)
    {
        var tag = new StringBuilder();
        var declared = prefixes;
        foreach (var prefix in new[] { "", "p", "q" })
        {
            if (random.Next(4) == 0)
            {
                var value = random.Next(6) switch { 0 or 1 => Client, 2 or 3 => Component, 4 => Foreign, _ => prefix.Length == 0 ? "" : Foreign };
                var quote = random.Next(2) == 0 ? '\'' : '"';
                tag.Append(prefix.Length == 0 ? " xmlns" : $" xmlns:{prefix}").Append(random.Next(8) == 0 ? " = " : "=").Append(quote).Append(value).Append(quote);
                declared = prefix.Length == 0 ? declared : declared.Add(prefix);
            }
        }

        string[] usable = [.. declared];
        if (usable.Length > 0 && random.Next(3) == 0)
        {
            tag.Append($" {usable[random.Next(usable.Length)]}:a='{(random.Next(2) == 0 ? Client : Component)}'");
        }

        if (random.Next(3) == 0)
        {
            tag.Append($" b='it &lt; {Component} &gt;'");
        }

        var name = depth > 0 && usable.Length > 0 && random.Next(3) == 0 ? $"{usable[random.Next(usable.Length)]}:x" : depth == 0 ? "message" : "x";
        if (random.Next(4) == 0)
        {
            return $"<{name}{tag}/>";
        }

        var content = new StringBuilder();
        for (var i = random.Next(4); i > 0; i--)
        {
            content.Append(depth < 6 && random.Next(3) > 0 ? Write(random, depth + 1, declared) : random.Next(2) == 0 ? $"xmlns='{Client}'" : $"<![CDATA[<a xmlns='{Component}'>]]>");
        }

        return $"<{name}{tag}>{content}</{name}>";
    }
}
