using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Krewe.Tests.Architecture;

/// <summary>
/// An assembly's public and protected API as sorted lines, one for each thing that source code can see: a type, what it derives from, a member,
/// an enumeration's number, where an attribute may stand.
/// </summary>
internal static class PublicSignatures
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static SortedSet<string> Of(Assembly assembly) =>
        new(assembly.GetExportedTypes().SelectMany(OfType), StringComparer.Ordinal);

    private static IEnumerable<string> OfType(Type type)
    {
        var name = NameOf(type);
        yield return $"{KindOf(type)} {name}";
        foreach (var super in SupersOf(type))
        {
            yield return $"{name} is {super}";
        }

        if (type.GetCustomAttributesData().FirstOrDefault(data => data.AttributeType == typeof(AttributeUsageAttribute)) is { } usage)
        {
            var named = usage.NamedArguments.Select(argument => argument.ToString()).Order(StringComparer.Ordinal);
            yield return $"{name} stands at {usage.ConstructorArguments[0].Value} {string.Join(' ', named)}".TrimEnd();
        }

        foreach (var field in type.GetFields(Declared).Where(field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName))
        {
            yield return $"{name}.{field.Name} : {NameOf(field.FieldType)}{(field.IsLiteral ? $" = {field.GetRawConstantValue()}" : "")}";
        }

        foreach (var method in type.GetMembers(Declared).OfType<MethodBase>().Where(IsVisible))
        {
            yield return $"{name}.{Signature(method)}";
        }
    }

    private static string KindOf(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsValueType: true } => "struct",
        { IsInterface: true } => "interface",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static IEnumerable<string> SupersOf(Type type)
    {
        for (var super = type.BaseType; super is not null; super = super.BaseType)
        {
            if (super.Namespace!.StartsWith("Orleans", StringComparison.Ordinal) || super == typeof(Exception) || super == typeof(Attribute))
            {
                yield return NameOf(super);
            }
        }

        foreach (var super in type.GetInterfaces().Where(super => super.Namespace!.StartsWith("Orleans", StringComparison.Ordinal) || super == typeof(IDisposable)))
        {
            yield return NameOf(super);
        }
    }

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Signature(MethodBase method)
    {
        var text = new StringBuilder();
        text.Append(method.IsPublic ? "" : "protected ").Append(method.IsStatic ? "static " : "");
        text.Append(method is { IsVirtual: true, IsFinal: false } ? method.IsAbstract ? "abstract " : "virtual " : "").Append(method.Name);
        if (method.IsGenericMethod)
        {
            text.Append('<').AppendJoin(", ", method.GetGenericArguments().Select(NameOf)).Append('>');
        }

        text.Append('(').AppendJoin(", ", method.GetParameters().Select(Parameter)).Append(')');
        if (method is MethodInfo { ReturnParameter: var returned })
        {
            text.Append(" : ").Append(NameOf(returned.ParameterType));
            text.Append(returned.GetRequiredCustomModifiers().Any(modifier => modifier.Name == nameof(IsExternalInit)) ? " init" : "");
        }

        if (method.IsGenericMethod)
        {
            foreach (var constraint in method.GetGenericArguments().SelectMany(argument => argument.GetGenericParameterConstraints()))
            {
                text.Append(" where ").Append(NameOf(constraint));
            }
        }

        return text.ToString();
    }

    private static string Parameter(ParameterInfo parameter) =>
        $"{NameOf(parameter.ParameterType)} {parameter.Name}"
        + (parameter.HasDefaultValue ? $" = {Convert.ToString(parameter.RawDefaultValue, CultureInfo.InvariantCulture) ?? "default"}" : "");

    private static string NameOf(Type type)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.IsArray)
        {
            return $"{NameOf(type.GetElementType()!)}[]";
        }

        var name = $"{type.Namespace}.{(type.IsNested ? type.DeclaringType!.Name + "." : "")}{type.Name.Split('`')[0]}";
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>" : name;
    }
}
