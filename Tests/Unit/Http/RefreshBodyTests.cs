using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Krewe.Contracts.Hosting;
using Krewe.Frontend.Http;
using Krewe.Frontend.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Tests.Unit.Http;

/// <summary>The body of a refresh, however the network cuts it.</summary>
public sealed class RefreshBodyTests
{
    private static readonly IServiceProvider Services = new ServiceCollection().AddLogging().AddMetrics().AddSingleton<FrontendInstruments>().BuildServiceProvider();

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    [Theory]
    [InlineData("""[]""")]
    [InlineData(""" [ "a" , "b" ] """)]
    [InlineData("""["romeo","ju\u006ciet","né","🎭","\ud83c\udfad",""]""")]
    [InlineData("""["\"\\\/\b\f\n\r\t"]""")]
    public async Task Names_AreTheSame_HoweverTheBodyIsCut(string body)
    {
        var expected = JsonSerializer.Deserialize<string[]>(body)!;
        foreach (var pieces in Segmentations(Encoding.UTF8.GetBytes(body)))
        {
            var (names, refused) = await ReadAsync(pieces);
            Assert.Null(refused);
            Assert.Equal(expected, names);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("\"a\"")]
    [InlineData("1")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("[true]")]
    [InlineData("[[\"a\"]]")]
    [InlineData("[{}]")]
    [InlineData("[\"a\"")]
    [InlineData("[\"a\",]")]
    [InlineData("[,\"a\"]")]
    [InlineData("[\"a\" \"b\"]")]
    [InlineData("[\"a\"]x")]
    [InlineData("[\"a\"][\"b\"]")]
    [InlineData("[\"a")]
    [InlineData("['a']")]
    [InlineData("[\"\\ud83c\"]")]
    [InlineData("[\"\\x\"]")]
    [InlineData("// none\n[]")]
    [InlineData("\u00ff")]
    public async Task AnythingElse_IsRefused_HoweverItIsCut(string body)
    {
        foreach (var pieces in Segmentations(Encoding.Latin1.GetBytes(body)))
        {
            var (names, refused) = await ReadAsync(pieces);
            Assert.Null(names);
            Assert.Equal(StatusCodes.Status400BadRequest, await StatusAsync(refused!));
        }
    }

    [Fact]
    public async Task OctetsThatAreNotUtf8_AreRefused()
    {
        var (names, refused) = await ReadAsync([(byte[])[(byte)'[', (byte)'"', 0xFF, 0xFE, (byte)'"', (byte)']']]);

        Assert.Null(names);
        Assert.Equal(StatusCodes.Status400BadRequest, await StatusAsync(refused!));
    }

    [Fact]
    public void AnyNames_ComeBack_HoweverTheBodyIsCut()
    {
        var letters = Gen.OneOf(Gen.Choose(0, 0x7F), Gen.Choose(0x80, 0xD7FF), Gen.Choose(0xE000, 0xFFFD), Gen.Choose(0x10000, 0x10FFFF));
        var names = letters.Select(char.ConvertFromUtf32).ListOf().Select(string.Concat).ListOf().Select(list => list.ToArray());
        var cuts = Gen.Choose(0, 10_000).ListOf();
        Prop.ForAll(Arb.From(names), Arb.From(cuts), ArbMap.Default.ArbFor<bool>(), (expected, cuts, isIndented) =>
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(expected, isIndented ? Indented : null);
            var (actual, refused) = ReadAsync(Cut(body, cuts.Select(cut => cut % (body.Length + 1)))).GetAwaiter().GetResult();
            return refused is null && actual!.SequenceEqual(expected);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public async Task TooManyNames_AreRefused_AndTheMostAreNot()
    {
        var most = Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat("\"a\"", RefreshBody.NamesMax))}]");
        Assert.Equal(RefreshBody.NamesMax, (await ReadAsync([most])).Names!.Count);

        var (names, refused) = await ReadAsync([Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat("\"a\"", RefreshBody.NamesMax + 1))}]")]);
        Assert.Null(names);
        Assert.Equal(StatusCodes.Status413PayloadTooLarge, await StatusAsync(refused!));
    }

    [Fact]
    public async Task TooManyBytes_AreRefused_BeforeTheyAreRead_OrAsTheyCome()
    {
        var (_, declared) = await ReadAsync([], RefreshBody.BytesMax + 1);
        Assert.Equal(StatusCodes.Status413PayloadTooLarge, await StatusAsync(declared!));

        // Without a length, in chunks: the last would make it a good array, and is not waited for.
        var half = Encoding.ASCII.GetBytes(new string(' ', RefreshBody.BytesMax / 2));
        var (names, chunked) = await ReadAsync([half, half, " "u8.ToArray(), "[]"u8.ToArray()]);
        Assert.Null(names);
        Assert.Equal(StatusCodes.Status413PayloadTooLarge, await StatusAsync(chunked!));

        Assert.Empty((await ReadAsync([half, half.AsMemory(2), "[]"u8.ToArray()])).Names!);
    }

    private static async Task<(IReadOnlyList<string>? Names, IResult? Refused)> ReadAsync(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long? length = null)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IRequestBodyPipeFeature>(new Body(new PieceReader(pieces)));
        context.Request.ContentLength = length;
        return await RefreshBody.ReadAsync(context.Request, "h.example", new LargeWork(), CancellationToken.None);
    }

    private static async Task<int> StatusAsync(IResult result)
    {
        var context = new DefaultHttpContext { RequestServices = Services };
        await result.ExecuteAsync(context);
        return context.Response.StatusCode;
    }

    /// <summary>Whole, every cut in two, every cut in three, byte by byte, and with empty pieces in between.</summary>
    private static IEnumerable<IReadOnlyList<ReadOnlyMemory<byte>>> Segmentations(byte[] body)
    {
        yield return [body];
        yield return Cut(body, Enumerable.Range(0, body.Length + 1));
        yield return Cut(body, Enumerable.Range(0, body.Length + 1).SelectMany(at => new[] { at, at }));
        for (var first = 0; first <= body.Length; first++)
        {
            for (var second = first; second <= body.Length; second++)
            {
                yield return Cut(body, [first, second]);
            }
        }
    }

    private static List<ReadOnlyMemory<byte>> Cut(byte[] body, IEnumerable<int> cuts)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        var start = 0;
        foreach (var cut in cuts.Order().Append(body.Length))
        {
            pieces.Add(body.AsMemory(start, cut - start));
            start = cut;
        }

        return pieces;
    }

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }
}
