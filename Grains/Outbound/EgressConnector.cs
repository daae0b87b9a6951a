using System.Net;
using System.Net.Http;
using System.Net.Sockets;

namespace Krewe.Grains.Outbound;

/// <summary>No address of the name may be connected to. Thrown through <see cref="SocketsHttpHandler"/>, which has no other way to say it.</summary>
internal sealed class EgressRefusedException() : IOException("egress-refused");

/// <summary>
/// Connects a hook's stream: resolves once, drops the addresses that the <see cref="EgressPolicy"/> refuses, and connects to one that it judged.
/// TLS, which comes after, still verifies the name.
/// </summary>
internal sealed class EgressConnector(EgressPolicy policy, NameLookups lookups)
{
    /// <summary>Of a name's addresses only the first few are tried: more would be a list of somebody's network.</summary>
    private const int AddressesMax = 8;

    /// <summary>How long an address may take while others are left to try.</summary>
    private static readonly TimeSpan OneOfSeveral = TimeSpan.FromSeconds(1);

    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        context.InitialRequestMessage.Options.TryGetValue(HookHost.OfRequest, out var asker);
        var resolved = await lookups.FindAsync(host, asker?.Lookups, cancellationToken);
        var judged = Array.FindAll(resolved, address => policy.Allows(address, port));
        if (judged.Length == 0)
        {
            throw resolved.Length == 0 ? new SocketException((int)SocketError.HostNotFound) : new EgressRefusedException();
        }

        var last = Math.Min(judged.Length, AddressesMax) - 1;
        for (var i = 0; i < last; i++)
        {
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            attempt.CancelAfter(OneOfSeveral);
            try
            {
                return await ConnectAsync(judged[i], port, attempt.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // The next address may do; what the last one says is what the caller learns.
                continue;
            }
        }

        return await ConnectAsync(judged[last], port, cancellationToken);
    }

    private static async ValueTask<Stream> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            return new AnswerStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
