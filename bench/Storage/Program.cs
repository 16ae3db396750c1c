using System.Globalization;

namespace PresenceXml.Storage.Bench;

/// <summary>
/// Measures the store: <c>dotnet run -c Release --project bench/Storage -- archive|layouts|durable|drain|pages|beside [FOLDER [MESSAGES]]</c>. A
/// folder that is named stays, with the store in it; otherwise one is made and removed.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var messages = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : (int?)null;
        Func<string, Task>? measure = args.FirstOrDefault() switch
        {
            "archive" => root => Archive.RunAsync(root, messages ?? 1_000_000),
            "layouts" => Layouts.RunAsync,
            "durable" => Durable.RunAsync,
            "drain" => Drain.RunAsync,
            "pages" => root => Pages.RunAsync(root, messages ?? 200_000),
            "beside" => root => Beside.RunAsync(root, messages ?? 200_000),
            _ => null,
        };
        if (measure is null)
        {
            Console.Error.WriteLine("archive | layouts | durable | drain | pages | beside [FOLDER [MESSAGES]]");
            return 2;
        }
        if (args.Length > 1)
        {
            await measure(Directory.CreateDirectory(args[1]).FullName);
            return 0;
        }
        var folder = Directory.CreateTempSubdirectory("presencexml-bench-").FullName;
        try
        {
            await measure(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return 0;
    }
}
