using System.Collections.Immutable;

namespace Krewe.Contracts.Hosts;

/// <summary>Collects every bad place of one document, so that its author mends them all at once.</summary>
internal sealed class DocumentProblems
{
    /// <summary>How many are told; a document with more is not worth a longer answer.</summary>
    private const int ProblemsMax = 1000;

    private readonly List<DocumentProblem> _problems = [];

    public bool IsEmpty => _problems.Count == 0;

    /// <summary>Always false, so that a reader can end with it.</summary>
    public bool Add(string path, string message)
    {
        if (_problems.Count < ProblemsMax)
        {
            _problems.Add(new DocumentProblem(path, message));
        }

        return false;
    }

    /// <summary>Whether a place, or one within it, has been told of.</summary>
    public bool IsAbout(string path) =>
        _problems.Exists(problem => problem.Path.StartsWith(path, StringComparison.Ordinal) && (problem.Path.Length == path.Length || problem.Path[path.Length] is '.' or '['));

    public ImmutableArray<DocumentProblem> ToImmutable() => [.. _problems];
}
