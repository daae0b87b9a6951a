return await Krewe.Silo.KreweHost.RunAsync(args);
