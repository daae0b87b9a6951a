using Krewe.Cli;

return await KreweCommand.RunAsync(args, Console.Out, Console.Error);
