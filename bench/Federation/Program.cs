using System.Globalization;
using PresenceXml.Federation.Bench;
using PresenceXml.Federation.Tests.Peers;

// dotnet run -c Release --project bench/Federation -- [own|prosody|ejabberd] [domains] [dead] [changes]
PeerKind kind = args.Length > 0 ? Enum.Parse<PeerKind>(args[0], ignoreCase: true) : PeerKind.Own;
int domains = Number(1, 300), dead = Number(2, 30), changes = Number(3, 20);
Console.WriteLine($"{kind}: {domains} contacts on {domains} domains, {dead} of them dead. Milliseconds from the change until a live domain is told:");
await using var contacts = new Contacts(kind, domains - dead, dead);
await contacts.PrepareAsync();
Tell("login", await contacts.ChangeAsync());
List<double> all = [];
for (int i = 0; i < changes; i++) all.AddRange(await contacts.ChangeAsync());
Tell($"{changes} changes", [.. all.Order()]);

int Number(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;

static void Tell(string what, double[] times) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{what}: median {times[times.Length / 2]:0.0}, 95 % {times[times.Length * 95 / 100]:0.0}, last {times[^1]:0.0}"));
