using System.Buffers;
using System.Text;
using System.Xml.Linq;
using Krewe.Contracts.Addressing;
using Krewe.Contracts.Hosts;
using Krewe.Contracts.Muc;
using Krewe.Contracts.Sessions;
using Krewe.Contracts.Stanzas;
using Krewe.Frontend.Iq;
using Krewe.Frontend.Muc.Iq;
using Krewe.Frontend.Xml;
using Krewe.Tests.Support;

namespace Krewe.Tests.Unit.Muc;

/// <summary>A room, its service and the tenant's decisions as a test says; and a handler's answer as the XML that a client gets.</summary>
internal sealed class MucIqStage
{
    public static readonly Jid Sender = Jid.Parse("crone1@shakespeare.example/desktop");
    public static readonly Jid Room = Jid.Parse("darkcave@rooms.shakespeare.example");
    public static readonly Jid Service = Jid.Parse("rooms.shakespeare.example");

    public MucIqStage() => (Grains, Double) = GrainFactoryDouble.Create();

    public IGrainFactory Grains { get; }

    public GrainFactoryDouble Double { get; }

    /// <summary>What was asked of rooms: room, method, arguments but the first, which is the sender where there is one.</summary>
    public List<(string Room, string Method, object?[] Arguments)> Calls { get; } = [];

    public MucServiceSettings Settings { get; set; } = new() { Domain = Service.Bare, Name = "Macbeth's rooms" };

    public static string Iq(string payload) => $"<iq type='get' id='1' to='{Room}'>{payload}</iq>";

    /// <param name="answer">By method and arguments; the value that its task is to have.</param>
    public MucIqStage WithRooms(Func<string, string, object?[], object?> answer)
    {
        Double.With(room => GrainDouble.Create<IMucRoomGrain>((method, arguments) =>
        {
            lock (Calls)
            {
                Calls.Add((room, method, arguments));
            }

            return Task(method, answer(room, method, arguments));
        }));
        return this;
    }

    /// <summary>As <see cref="WithRooms"/>, where there is one room.</summary>
    public MucIqStage WithRoom(Func<string, object?[], object?> answer) => WithRooms((_, method, arguments) => answer(method, arguments));

    public static async Task<string> AskAsync(MucIqHandler handler, StanzaType type, string payload, Jid? to = null, MucServiceSettings? service = null)
    {
        var session = new MucSession(new FrontendRef("test", GrainDouble.Create<IFrontendSink>((_, _) => null)), 7, Sender);
        var query = new MucIqQuery(type, session, to ?? Room, service ?? new MucIqStage().Settings, Encoding.UTF8.GetBytes(Iq(payload)));
        return Shown(await handler.AnswerAsync(query));
    }

    /// <summary>The payload without its layout; of an error its type, condition and text.</summary>
    public static string Shown(IqReply reply)
    {
        if (reply.Error is { } error)
        {
            return $"{error.Type} {error.Condition}{(error.Text is null ? "" : $": {error.Text}")}";
        }

        var output = new ArrayBufferWriter<byte>();
        var xml = new XmppWriter(output);
        reply.Payload?.Invoke(ref xml);
        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        return text.Length == 0 ? "" : XElement.Parse(text).ToString(SaveOptions.DisableFormatting);
    }

    private static object Task(string method, object? value)
    {
        var type = typeof(IMucRoomGrain).GetMethod(method)!.ReturnType;
        return type.IsGenericType
            ? typeof(Task).GetMethod(nameof(System.Threading.Tasks.Task.FromResult))!.MakeGenericMethod(type.GetGenericArguments()[0]).Invoke(null, [value])!
            : System.Threading.Tasks.Task.CompletedTask;
    }
}
