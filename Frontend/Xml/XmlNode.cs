namespace Krewe.Frontend.Xml;

/// <summary>What an <see cref="XmlElementReader"/> stands on.</summary>
internal enum XmlNode : byte
{
    /// <summary>Nothing: before the first or behind the last.</summary>
    None,

    /// <summary>A start tag.</summary>
    Start,

    /// <summary>An end tag; an empty element has one too.</summary>
    End,

    /// <summary>Character data or a CDATA section, never empty.</summary>
    Text,
}
