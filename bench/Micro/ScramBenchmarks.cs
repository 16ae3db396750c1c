using BenchmarkDotNet.Attributes;
using PresenceXml.Protocol.Sasl;

namespace PresenceXml.Bench.Micro;

/// <summary>What a password costs: deriving keys (registration, PLAIN), at the default iteration count.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class ScramBenchmarks
{
    private static readonly byte[] Salt = new byte[16];

    [Params(ScramHash.Sha1, ScramHash.Sha256, ScramHash.Sha512)]
    public ScramHash Hash { get; set; }

    [Benchmark]
    public ScramKeys Derive() => ScramKeys.Derive(Hash, "correct horse battery staple", Salt, 10000);
}
