using Krewe.Demo;
using Krewe.Silo;

// ./run: Krewe, two tenants, and the application that runs their rosters. With --no-demo only Krewe.
const string NoDemo = "--no-demo";

return args.Contains(NoDemo)
    ? await KreweHost.RunAsync([.. args.Where(argument => argument != NoDemo)])
    : await DemoHost.RunAsync(args);
