using System.Net;
using System.Net.Sockets;
using Krewe.Contracts.Hosting;

namespace Krewe.Silo;

/// <summary>
/// Looks before the start whether every address can be listened at: on another machine's address, a port that is taken or one that needs privileges
/// the server itself would say what is wrong, but not which key of the configuration means it.
/// </summary>
internal static class ListenerCheck
{
    /// <summary>Every listener that runs, by its key.</summary>
    public static IEnumerable<(string Key, IPEndPoint Endpoint)> Listeners(KreweOptions options) =>
        new[]
        {
            ("C2S", options.ListenC2S), ("C2STls", options.ListenC2STls), ("Component", options.ListenComponent), ("Http", options.ListenHttp),
            ("Https", options.ListenHttps),
        }
            .SelectMany(listener => listener.Item2, (listener, endpoint) => ($"Krewe:Listen:{listener.Item1}", endpoint));

    /// <summary>One line for each address that cannot be had.</summary>
    public static IReadOnlyList<string> Problems(KreweOptions options) =>
        [.. Listeners(options).Select(listener => Problem(listener.Key, listener.Endpoint)).OfType<string>()];

    private static string? Problem(string key, IPEndPoint endpoint)
    {
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                // As the server does, which takes both families then.
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            return null;
        }
        catch (SocketException error)
        {
            return $"{key} {endpoint}: {error.Message}";
        }
    }
}
