using BenchmarkDotNet.Running;
using Krewe.Benchmarks.Xml;

BenchmarkSwitcher.FromAssembly(typeof(FramerBenchmark).Assembly).Run(args);
