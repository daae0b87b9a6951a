using System.Net;
using Krewe.Contracts.Hosts;

namespace Krewe.Tests.Http;

/// <summary>Components that files of the folder name: they go before those of the API, the ordinally first file before the others, and hosts before all.</summary>
[Collection(ApiCollection.Name)]
public sealed class ComponentFilesTests(ApiFixture api)
{
    [Fact]
    public async Task Component_OfAFile_IsServed_AndNobodyElses()
    {
        var (file, other, rooms) = (api.NewDomain(), await api.NewHostAsync(), $"rooms.{api.NewDomain()}");
        await WriteAsync(file, rooms);

        Assert.Equal(file, await HostOfAsync(rooms));
        await AssertRefusedAsync(other, Document(rooms), $"$.components['{rooms}']");
        await AssertRefusedAsync(rooms, "{}", "$");

        await WriteAsync(file);
        Assert.Null(await HostOfAsync(rooms));
        await PutAsync(other, Document(rooms));
        Assert.Equal(other, await HostOfAsync(rooms));
    }

    [Fact]
    public async Task ExternalComponent_OfAFile_IsServed_AndItsSecretNotShown()
    {
        var file = api.NewDomain();
        await File.WriteAllTextAsync(PathOf(file), $$"""
            { "components": { "pubsub.{{file}}": { "type": "external", "component_secret": "hush-hush" } }, "delegations": { "urn:xmpp:mam:2": { "jid": "pubsub.{{file}}" } } }
            """);
        await api.Watcher.RescanAsync();

        var found = (await api.Settings.FindAsync($"pubsub.{file}"))!.Value;
        Assert.Equal("hush-hush", Assert.IsType<ExternalComponentSettings>(found.Component).Secret);
        Assert.Equal($"pubsub.{file}", Assert.Single(found.Host.Delegations).Entity!.Bare);
        Assert.DoesNotContain("hush", (await api.GetAsync($"/api/v1/hosts/{file}?effective=true")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_ThatNamesAComponentOfAHostFromTheApi_HasItWhileItIsThere()
    {
        var (file, owner, rooms) = (api.NewDomain(), await api.NewHostAsync(), $"rooms.{api.NewDomain()}");
        await PutAsync(owner, Document(rooms, $"more.{owner}"));
        Assert.Equal(owner, await HostOfAsync(rooms));

        await WriteAsync(file, rooms);
        Assert.Equal(file, await HostOfAsync(rooms));
        Assert.Equal($"more.{owner}", Assert.Single((await api.Settings.GetAsync(owner))!.Components).Key);

        await PutAsync(owner, $$"""{ "isolate": true, "components": { "{{rooms}}": { "type": "muc" }, "more.{{owner}}": { "type": "muc" } } }""");
        Assert.Equal(file, await HostOfAsync(rooms));

        await RemoveAsync(file);
        Assert.Equal(owner, await HostOfAsync(rooms));
        Assert.Equal(2, (await api.Settings.GetAsync(owner))!.Components.Count);
    }

    [Fact]
    public async Task File_OfTheDomainOfAComponent_IsTheHostWhileItIsThere()
    {
        var (owner, rooms) = (await api.NewHostAsync(), api.NewDomain());
        await PutAsync(owner, Document(rooms));
        Assert.Equal(owner, await HostOfAsync(rooms));

        await WriteAsync(rooms);
        Assert.Equal(rooms, await HostOfAsync(rooms));
        Assert.Empty((await api.Settings.GetAsync(owner))!.Components);

        await RemoveAsync(rooms);
        Assert.Equal(owner, await HostOfAsync(rooms));
        Assert.Null(await api.Settings.GetAsync(rooms));
    }

    [Fact]
    public async Task Component_OfTwoFiles_IsTheFirsts_AndTheOthersWhenThatGoes()
    {
        var (first, second, rooms) = ($"a.{api.NewDomain()}", $"b.{api.NewDomain()}", $"rooms.{api.NewDomain()}");
        await WriteAsync(second, rooms);
        Assert.Equal(second, await HostOfAsync(rooms));

        await WriteAsync(first, rooms);
        Assert.Equal(first, await HostOfAsync(rooms));
        Assert.Empty((await api.Settings.GetAsync(second))!.Components);

        await RemoveAsync(first);
        Assert.Equal(second, await HostOfAsync(rooms));
        Assert.Single((await api.Settings.GetAsync(second))!.Components);
        await RemoveAsync(second);
        Assert.Null(await HostOfAsync(rooms));
    }

    [Fact]
    public async Task File_ThatNamesAHost_HasItNot()
    {
        var (file, ofApi, ofFile) = (api.NewDomain(), await api.NewHostAsync(), api.NewDomain());
        await WriteAsync(ofFile);

        await WriteAsync(file, ofApi, ofFile, $"rooms.{file}");

        Assert.Equal($"rooms.{file}", Assert.Single((await api.Settings.GetAsync(file))!.Components).Key);
        Assert.Equal((ofApi, ofFile), (await HostOfAsync(ofApi), await HostOfAsync(ofFile)));
        Assert.NotNull(await api.Settings.GetAsync(ofApi));
        using var replaced = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{ofApi}", """{ "isolate": true }""");
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
    }

    [Fact]
    public async Task File_ForAHostFromTheApi_LeavesItsClaims()
    {
        var (domain, other, rooms) = (await api.NewHostAsync(), await api.NewHostAsync(), $"rooms.{api.NewDomain()}");
        await PutAsync(domain, Document(rooms));

        await WriteAsync(domain);
        Assert.Null(await HostOfAsync(rooms));
        await AssertRefusedAsync(other, Document(rooms), $"$.components['{rooms}']");

        await RemoveAsync(domain);
        Assert.Equal(domain, await HostOfAsync(rooms));
    }

    private static string Document(params string[] components) =>
        $$"""{ "components": { {{string.Join(", ", components.Select(domain => $$"""  "{{domain}}": { "type": "muc" }  """))}} } }""";

    /// <summary>The host that the domain belongs to, its own or as a component.</summary>
    private async Task<string?> HostOfAsync(string domain)
    {
        var found = await api.Settings.FindAsync(domain);
        Assert.Equal(found?.Host.Domain == domain, found is { Component: null });
        return found?.Host.Domain;
    }

    private async Task PutAsync(string host, string document)
    {
        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{host}", document);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task AssertRefusedAsync(string host, string document, string path)
    {
        using var answer = await api.SendAsync(HttpMethod.Put, $"/api/v1/hosts/{host}", document);
        Assert.Equal([path], await ApiFixture.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity));
    }

    private async Task WriteAsync(string host, params string[] components)
    {
        await File.WriteAllTextAsync(PathOf(host), Document(components));
        await api.Watcher.RescanAsync();
    }

    private async Task RemoveAsync(string host)
    {
        File.Delete(PathOf(host));
        await api.Watcher.RescanAsync();
    }

    private string PathOf(string host) => Path.Combine(api.HostsFolder, $"{host}.json");
}
