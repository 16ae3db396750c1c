using PresenceXml.Protocol.Xml;

namespace PresenceXml.Conformance.Mutation;

/// <summary>Changes deep in an element. A path is the index of a child at each depth.</summary>
internal static class Trees
{
    /// <summary>All elements below this one, with their paths.</summary>
    public static IEnumerable<(int[] Path, Element Element)> Descendants(Element root) =>
        root.Children.SelectMany(static (child, index) =>
            Descendants(child).Select(below => ((int[])[index, .. below.Path], below.Element)).Prepend(([index], child)));

    /// <summary>The element with one below it changed; null from the function takes it away. Null: there is no such path.</summary>
    public static Element? Change(Element root, ReadOnlySpan<int> path, Func<Element, Element?> change)
    {
        if (path.IsEmpty)
            return change(root);
        if (root.Children.ElementAtOrDefault(path[0]) is not { } child)
            return null;
        var changed = Change(child, path[1..], change);
        return changed is null && path.Length > 1 ? null : Replace(root, child, changed);
    }

    /// <summary>The element with one of its children replaced, or taken away where the other is null.</summary>
    public static Element Replace(Element parent, Element child, Element? other) =>
        WithNodes(parent, parent.Nodes.Select(node => ReferenceEquals(node, child) ? other : node));

    /// <summary>The element with other content.</summary>
    public static Element WithNodes(Element element, IEnumerable<object?> nodes) =>
        new(element.Namespace, element.LocalName, element.Attributes, nodes);

    /// <summary>The element with one attribute changed, whatever namespace that is in.</summary>
    public static Element WithAttribute(Element element, QName name, string value) => new(
        element.Namespace,
        element.LocalName,
        element.Attributes.Select(attribute => attribute.Name == name ? new XmlAttribute(name, value) : attribute),
        element.Nodes);
}
