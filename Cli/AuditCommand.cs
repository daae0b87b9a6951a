using System.CommandLine;

namespace Krewe.Cli;

/// <summary><c>krewe audit</c> and <c>krewe host audit</c>: who changed what, and who was refused.</summary>
internal static class AuditCommand
{
    private static readonly Column[] Columns = ["at", "actor", "action", "target", "outcome", "address"];

    public static Command Make(Tool tool) => tool.Verb("audit", "Lists what was changed, refused and signed in to, over all hosts.", run => run.ListAsync("/api/v1/audit", Columns));

    public static Command OfHost(Tool tool)
    {
        var host = Paths.HostArgument();
        return tool.Verb("audit", "Lists what was changed and refused on a host, and by whom.", run => run.ListAsync(Paths.OfHost(run[host], "audit"), Columns), host);
    }
}
