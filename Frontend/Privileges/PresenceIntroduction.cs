using Krewe.Contracts.Addressing;
using Krewe.Frontend.Delivery;
using Krewe.Frontend.Entities;

namespace Krewe.Frontend.Privileges;

/// <summary>
/// Tells an entity that comes later who is there already (XEP-0356 §8, specs P-054): asks the sessions of the host's users in this process to do so. Each answers in
/// its turn, so that nothing older comes behind something newer.
/// </summary>
internal sealed class PresenceIntroduction(IGrainFactory grains, SessionTable sessions)
{
    /// <summary>Users who are asked at a time. Each may have sent a presence as large as a stanza may be.</summary>
    private const int AskedMax = 8;

    /// <summary>What may wait for the entity before the next users are asked: it has much to read, and is not too slow for that.</summary>
    public const int WaitingBytesMax = 256 * 1024;

    /// <summary>Goes on aside: an entity may have many users to be told of.</summary>
    public void Begin(IEntityStream stream, string host) => _ = Task.Run(() => RunAsync(stream, host));

    private async Task RunAsync(IEntityStream stream, string host)
    {
        Jid[] users = [.. sessions.OfHost(host).Where(session => session.IsAvailable).Select(session => session.Self!.ToBare()).Distinct()];
        await Parallel.ForEachAsync(users, new ParallelOptions { MaxDegreeOfParallelism = AskedMax }, async (user, _) =>
        {
            if (stream.Queue.WaitingBytes > WaitingBytesMax)
            {
                await stream.Queue.WhenDrainedAsync();
            }

            if (!stream.IsOpen)
            {
                return;
            }

            try
            {
                await grains.Sessions(user).IntroduceAsync(stream.Address);
            }
            catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
            {
                stream.LogFailure(e);
            }
        });
    }
}
