using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Running;
using Krewe.Benchmarks.Load;

if (args is ["load-tenant", var url, var token, var host, var users])
{
    return await LoadTenant.RunAsync(url, token, host, int.Parse(users, CultureInfo.InvariantCulture));
}

if (args is ["room-storm", var address, var port, var stormed, var joiners, var server])
{
    return await RoomStorm.RunAsync(
        address, int.Parse(port, CultureInfo.InvariantCulture), stormed, int.Parse(joiners, CultureInfo.InvariantCulture), int.Parse(server, CultureInfo.InvariantCulture));
}

if (args is ["hosts", var silo, var hosts, .. var rest])
{
    return await HostCrowd.RunAsync(silo, int.Parse(hosts, CultureInfo.InvariantCulture), rest is [var seconds] ? int.Parse(seconds, CultureInfo.InvariantCulture) : 45);
}

if (args is ["noisy-neighbour", _, _, _, _, ..])
{
    return await NoisyNeighbour.RunAsync(args[1..]);
}

if (args is ["flood", _, _, _, _])
{
    return await Flood.RunAsync(args[1..]);
}

BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
return 0;
