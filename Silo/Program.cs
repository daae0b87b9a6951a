using Krewe.Silo;

return await KreweHost.RunAsync(args);
