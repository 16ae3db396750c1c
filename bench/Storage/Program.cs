using System.Globalization;

namespace PresenceXml.Storage.Bench;

/// <summary>Measures the store: <c>dotnet run -c Release --project bench/Storage -- layouts|durable|drain|pages|beside [FOLDER [MESSAGES]]</c>.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var root = args.Length > 1 ? args[1] : Directory.CreateTempSubdirectory("presencexml-bench-").FullName;
        _ = Directory.CreateDirectory(root);
        switch (args.FirstOrDefault())
        {
            case "layouts":
                await Layouts.RunAsync(root);
                return 0;
            case "durable":
                await Durable.RunAsync(root);
                return 0;
            case "drain":
                await Drain.RunAsync(root);
                return 0;
            case "pages":
                await Pages.RunAsync(root, args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 200_000);
                return 0;
            case "beside":
                await Beside.RunAsync(root, args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 200_000);
                return 0;
            default:
                Console.Error.WriteLine("layouts | durable | drain | pages | beside [FOLDER [MESSAGES]]");
                return 2;
        }
    }
}
