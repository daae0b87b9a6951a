using Krewe.Cli;

return await KreweCommand.RunAsync(args, Surroundings.OfProcess());
