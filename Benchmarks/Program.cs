using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Running;
using Krewe.Benchmarks.Load;

if (args is ["load-tenant", var url, var token, var host, var users])
{
    return await LoadTenant.RunAsync(url, token, host, int.Parse(users, CultureInfo.InvariantCulture));
}

BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
return 0;
