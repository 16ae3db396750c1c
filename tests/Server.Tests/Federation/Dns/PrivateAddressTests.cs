using System.Net;
using PresenceXml.Server.Federation.Dns;

namespace PresenceXml.Server.Tests.Federation.Dns;

public sealed class PrivateAddressTests
{
    [TestCase("127.0.0.1"), TestCase("127.255.255.254"), TestCase("0.0.0.0"), TestCase("10.1.2.3"), TestCase("100.64.0.1"), TestCase("169.254.169.254"), TestCase("172.16.0.1"), TestCase("172.31.255.255")]
    [TestCase("192.168.1.1"), TestCase("192.0.0.8"), TestCase("198.19.0.1"), TestCase("224.0.0.1"), TestCase("239.255.255.250"), TestCase("255.255.255.255")]
    [TestCase("::"), TestCase("::1"), TestCase("fe80::1"), TestCase("febf::1"), TestCase("fec0::1"), TestCase("fc00::1"), TestCase("fdff::1"), TestCase("ff02::1")]
    [TestCase("::ffff:127.0.0.1"), TestCase("::ffff:192.168.0.1"), TestCase("::127.0.0.1"), TestCase("64:ff9b::10.0.0.1"), TestCase("64:ff9b::127.0.0.1"), TestCase("64:ff9b:1::1"), TestCase("2002:7f00:1::"), TestCase("2002:c0a8:101::1")]
    public void Only_means_something_here(string address) => Assert.That(PrivateAddress.Includes(IPAddress.Parse(address)), Is.True);

    [TestCase("1.1.1.1"), TestCase("9.255.255.255"), TestCase("11.0.0.1"), TestCase("100.63.255.255"), TestCase("100.128.0.1"), TestCase("126.0.0.1"), TestCase("128.0.0.1"), TestCase("169.253.0.1"), TestCase("172.15.0.1"), TestCase("172.32.0.1")]
    [TestCase("192.0.1.1"), TestCase("192.167.0.1"), TestCase("192.169.0.1"), TestCase("198.17.0.1"), TestCase("198.20.0.1"), TestCase("223.255.255.255")]
    [TestCase("2001:db8::1"), TestCase("2a00::1"), TestCase("::ffff:1.1.1.1"), TestCase("64:ff9b::1.1.1.1"), TestCase("2002:101:101::1")]
    public void Means_the_same_everywhere(string address) => Assert.That(PrivateAddress.Includes(IPAddress.Parse(address)), Is.False);
}
