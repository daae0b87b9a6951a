using System.Text.Json.Nodes;
using Krewe.Tests.Support;

namespace Krewe.Tests.Doctor;

/// <summary>A host of a test's own, and what the doctor says of it.</summary>
internal sealed class Examination(KreweServer krewe, string domain)
{
    private static int s_domains;

    public string Domain => domain;

    /// <param name="document">With <c>HOST</c> for the host's domain.</param>
    public static async Task<Examination> OfAsync(KreweServer krewe, string document)
    {
        var domain = $"doctor{Interlocked.Increment(ref s_domains)}.example";
        await krewe.PutHostAsync(domain, JsonNode.Parse(document.Replace("HOST", domain, StringComparison.Ordinal))!.AsObject());
        return new Examination(krewe, domain);
    }

    /// <summary>Everything that is said.</summary>
    public async Task<IReadOnlyList<Said>> AskAsync(string query = "")
    {
        var (status, body) = await krewe.SendAsync(HttpMethod.Get, $"api/v1/hosts/{domain}/doctor{query}", null);
        Assert.True(status == 200, $"{status}: {body}");
        return [.. JsonNode.Parse(body)!["items"]!.AsArray().Select(item => new Said((string)item!["level"]!, (string)item["subject"]!, (string)item["message"]!))];
    }

    /// <summary>What is said of one subject, which is one thing.</summary>
    public async Task<Said> AskAboutAsync(string subject, string query = "")
    {
        var all = await AskAsync(query);
        var about = all.Where(said => said.Subject == subject.Replace("HOST", domain, StringComparison.Ordinal)).ToArray();
        Assert.True(about.Length == 1, string.Join('\n', all));
        return about[0];
    }
}

internal sealed record Said(string Level, string Subject, string Message);
