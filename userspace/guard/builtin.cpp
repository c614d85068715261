// SPDX-License-Identifier: Apache-2.0
#include "guard/builtin.h"

#include <array>
#include <cassert>
#include <charconv>
#include <span>
#include <string_view>

namespace interdict::guard {

namespace {

using order::Match;

struct Address {
    std::string_view prefix; // or one address
    std::string_view note;
};

struct Name {
    std::string_view name;
    std::string_view note;
    Match match = Match::Subtree;
};

// The registries of RFC 6890 (IANA, iana-ipv4- and iana-ipv6-special-registry) and the multicast blocks. All
// but the documentation blocks carry traffic of somebody, or none that an order can mean.
constexpr std::array kSpecialPurpose = std::to_array<Address>({
    {"0.0.0.0/8", "\"this network\", RFC 791"},
    {"10.0.0.0/8", "private use, RFC 1918"},
    {"100.64.0.0/10", "shared address space of carrier-grade NAT, RFC 6598"},
    {"127.0.0.0/8", "loopback, RFC 1122"},
    {"169.254.0.0/16", "link-local, RFC 3927"},
    {"172.16.0.0/12", "private use, RFC 1918"},
    {"192.0.0.0/24", "IETF protocol assignments, RFC 6890"},
    {"192.0.0.0/29", "IPv4 service continuity, RFC 7335"},
    {"192.0.0.8/32", "IPv4 dummy address, RFC 7600"},
    {"192.0.0.9/32", "Port Control Protocol anycast, RFC 7723"},
    {"192.0.0.10/32", "TURN anycast, RFC 8155"},
    {"192.0.0.170/32", "discovery of NAT64, RFC 8880"},
    {"192.0.0.171/32", "discovery of NAT64, RFC 8880"},
    {"192.0.2.0/24", "documentation, RFC 5737"},
    {"192.31.196.0/24", "AS112, RFC 7535"},
    {"192.52.193.0/24", "AMT relays, RFC 7450"},
    {"192.88.99.0/24", "6to4 relay anycast, deprecated by RFC 7526"},
    {"192.168.0.0/16", "private use, RFC 1918"},
    {"192.175.48.0/24", "AS112, RFC 7534"},
    {"198.18.0.0/15", "benchmarking, RFC 2544"},
    {"198.51.100.0/24", "documentation, RFC 5737"},
    {"203.0.113.0/24", "documentation, RFC 5737"},
    {"224.0.0.0/4", "multicast, RFC 5771"},
    {"240.0.0.0/4", "reserved, RFC 1112"},
    {"255.255.255.255/32", "limited broadcast, RFC 8190"},
    {"::/128", "unspecified address, RFC 4291"},
    {"::1/128", "loopback, RFC 4291"},
    {"::ffff:0:0/96", "IPv4-mapped addresses, RFC 4291"},
    {"64:ff9b::/96", "IPv4/IPv6 translation, RFC 6052"},
    {"64:ff9b:1::/48", "IPv4/IPv6 translation, RFC 8215"},
    {"100::/64", "discard only, RFC 6666"},
    {"100:0:0:1::/64", "dummy prefix, RFC 9780"},
    {"2001::/23", "IETF protocol assignments, RFC 2928"},
    {"2001::/32", "Teredo, RFC 4380"},
    {"2001:1::1/128", "Port Control Protocol anycast, RFC 7723"},
    {"2001:1::2/128", "TURN anycast, RFC 8155"},
    {"2001:1::3/128", "DNS-SD service registration anycast, RFC 9665"},
    {"2001:2::/48", "benchmarking, RFC 5180"},
    {"2001:3::/32", "AMT relays, RFC 7450"},
    {"2001:4:112::/48", "AS112, RFC 7535"},
    {"2001:10::/28", "ORCHID, deprecated by RFC 4843"},
    {"2001:20::/28", "ORCHIDv2, RFC 7343"},
    {"2001:30::/28", "drone remote identification, RFC 9374"},
    {"2001:db8::/32", "documentation, RFC 3849"},
    {"2002::/16", "6to4, RFC 3056"},
    {"2620:4f:8000::/48", "AS112, RFC 7534"},
    {"3fff::/20", "documentation, RFC 9637"},
    {"5f00::/16", "segment identifiers of SRv6, RFC 9602"},
    {"fc00::/7", "unique local, RFC 4193"},
    {"fe80::/10", "link-local, RFC 4291"},
    {"ff00::/8", "multicast, RFC 4291"},
});

constexpr std::array kRootNames = std::to_array<Name>({{"root-servers.net", "names of the root servers"}});
constexpr std::array kRootServers = std::to_array<Address>({
    {"198.41.0.4", "a.root-servers.net"},     {"2001:503:ba3e::2:30", "a.root-servers.net"},
    {"170.247.170.2", "b.root-servers.net"},  {"2801:1b8:10::b", "b.root-servers.net"},
    {"192.33.4.12", "c.root-servers.net"},    {"2001:500:2::c", "c.root-servers.net"},
    {"199.7.91.13", "d.root-servers.net"},    {"2001:500:2d::d", "d.root-servers.net"},
    {"192.203.230.10", "e.root-servers.net"}, {"2001:500:a8::e", "e.root-servers.net"},
    {"192.5.5.241", "f.root-servers.net"},    {"2001:500:2f::f", "f.root-servers.net"},
    {"192.112.36.4", "g.root-servers.net"},   {"2001:500:12::d0d", "g.root-servers.net"},
    {"198.97.190.53", "h.root-servers.net"},  {"2001:500:1::53", "h.root-servers.net"},
    {"192.36.148.17", "i.root-servers.net"},  {"2001:7fe::53", "i.root-servers.net"},
    {"192.58.128.30", "j.root-servers.net"},  {"2001:503:c27::2:30", "j.root-servers.net"},
    {"193.0.14.129", "k.root-servers.net"},   {"2001:7fd::1", "k.root-servers.net"},
    {"199.7.83.42", "l.root-servers.net"},    {"2001:500:9f::42", "l.root-servers.net"},
    {"202.12.27.33", "m.root-servers.net"},   {"2001:dc3::35", "m.root-servers.net"},
});

// Name servers of top-level domains and the registries' own domains.
constexpr std::array kTopLevelNames = std::to_array<Name>({
    {"gtld-servers.net", "name servers of com and net"},
    {"afilias-nst.info", "name servers of info, org and many others"},
    {"afilias-nst.org", "name servers of info, org and many others"},
    {"dns.it", "name servers of it"},
    {"nic.it", "registry of it"},
    {"nic.fr", "registry and name servers of fr"},
    {"nic.de", "name servers of de"},
    {"denic.de", "registry of de"},
    {"nic.uk", "name servers of uk"},
    {"nominet.uk", "registry of uk"},
    {"dns.eu", "name servers of eu"},
    {"eurid.eu", "registry of eu"},
    {"nic.at", "registry of at"},
    {"nic.ch", "registry and name servers of ch"},
    {"nic.es", "registry and name servers of es"},
    {"dns.be", "registry and name servers of be"},
    {"dns.nl", "name servers of nl"},
    {"dns.pt", "registry and name servers of pt"},
});
constexpr std::array kTopLevelServers = std::to_array<Address>({
    {"192.5.6.30", "a.gtld-servers.net"},    {"2001:503:a83e::2:30", "a.gtld-servers.net"},
    {"192.33.14.30", "b.gtld-servers.net"},  {"2001:503:231d::2:30", "b.gtld-servers.net"},
    {"192.26.92.30", "c.gtld-servers.net"},  {"2001:503:83eb::30", "c.gtld-servers.net"},
    {"192.31.80.30", "d.gtld-servers.net"},  {"2001:500:856e::30", "d.gtld-servers.net"},
    {"192.12.94.30", "e.gtld-servers.net"},  {"2001:502:1ca1::30", "e.gtld-servers.net"},
    {"192.35.51.30", "f.gtld-servers.net"},  {"2001:503:d414::30", "f.gtld-servers.net"},
    {"192.42.93.30", "g.gtld-servers.net"},  {"2001:503:eea3::30", "g.gtld-servers.net"},
    {"192.54.112.30", "h.gtld-servers.net"}, {"2001:502:8cc::30", "h.gtld-servers.net"},
    {"192.43.172.30", "i.gtld-servers.net"}, {"2001:503:39c1::30", "i.gtld-servers.net"},
    {"192.48.79.30", "j.gtld-servers.net"},  {"2001:502:7094::30", "j.gtld-servers.net"},
    {"192.52.178.30", "k.gtld-servers.net"}, {"2001:503:d2d::30", "k.gtld-servers.net"},
    {"192.41.162.30", "l.gtld-servers.net"}, {"2001:500:d937::30", "l.gtld-servers.net"},
    {"192.55.83.30", "m.gtld-servers.net"},  {"2001:501:b1f9::30", "m.gtld-servers.net"},
});

constexpr std::array kResolverNames = std::to_array<Name>({
    {"dns.google", "Google Public DNS"},
    {"one.one.one.one", "Cloudflare's resolver"},
    {"cloudflare-dns.com", "Cloudflare's resolver"},
    {"dns.quad9.net", "Quad9"},
    {"dns.opendns.com", "OpenDNS"},
    {"doh.opendns.com", "OpenDNS"},
    {"dns.adguard-dns.com", "AdGuard DNS"},
});
constexpr std::array kResolvers = std::to_array<Address>({
    {"8.8.8.8", "Google Public DNS"},
    {"8.8.4.4", "Google Public DNS"},
    {"2001:4860:4860::8888", "Google Public DNS"},
    {"2001:4860:4860::8844", "Google Public DNS"},
    {"2001:4860:4860::64", "Google Public DNS64"},
    {"2001:4860:4860::6464", "Google Public DNS64"},
    {"1.1.1.1", "Cloudflare's resolver"},
    {"1.0.0.1", "Cloudflare's resolver"},
    {"1.1.1.2", "Cloudflare's resolver for families"},
    {"1.0.0.2", "Cloudflare's resolver for families"},
    {"1.1.1.3", "Cloudflare's resolver for families"},
    {"1.0.0.3", "Cloudflare's resolver for families"},
    {"2606:4700:4700::1111", "Cloudflare's resolver"},
    {"2606:4700:4700::1001", "Cloudflare's resolver"},
    {"9.9.9.9", "Quad9"},
    {"9.9.9.10", "Quad9"},
    {"9.9.9.11", "Quad9"},
    {"149.112.112.112", "Quad9"},
    {"149.112.112.10", "Quad9"},
    {"149.112.112.11", "Quad9"},
    {"2620:fe::fe", "Quad9"},
    {"2620:fe::9", "Quad9"},
    {"208.67.222.222", "OpenDNS"},
    {"208.67.220.220", "OpenDNS"},
    {"208.67.222.220", "OpenDNS"},
    {"208.67.220.222", "OpenDNS"},
    {"2620:119:35::35", "OpenDNS"},
    {"2620:119:53::53", "OpenDNS"},
    {"94.140.14.14", "AdGuard DNS"},
    {"94.140.15.15", "AdGuard DNS"},
    {"2a10:50c0::ad1:ff", "AdGuard DNS"},
    {"2a10:50c0::ad2:ff", "AdGuard DNS"},
});

// Kept short: each of these takes something away from every subscriber at once, whatever site they are on.
constexpr std::array kEverybody = std::to_array<Name>({
    {"pool.ntp.org", "clocks of most servers and routers; without time no certificate is valid"},
    {"time.windows.com", "the clock of Windows"},
    {"time.apple.com", "the clock of Apple's systems"},
    {"time.google.com", "the clock of Android and ChromeOS"},
    {"ocsp.digicert.com", "revocation of certificates"},
    {"crl3.digicert.com", "revocation of certificates"},
    {"crl4.digicert.com", "revocation of certificates"},
    {"ocsp.sectigo.com", "revocation of certificates"},
    {"crl.sectigo.com", "revocation of certificates"},
    {"o.pki.goog", "revocation of certificates"},
    {"c.pki.goog", "revocation of certificates"},
    {"lencr.org", "Let's Encrypt: revocation and issuers' certificates"},
    {"ocsp.apple.com", "revocation; without it programs on macOS start late or not at all"},
    {"acme-v02.api.letsencrypt.org", "how servers renew their certificates"},
    {"connectivitycheck.gstatic.com", "by it Android decides whether there is Internet access at all"},
    {"captive.apple.com", "by it Apple's systems decide whether there is Internet access at all"},
    {"www.msftconnecttest.com", "by it Windows decides whether there is Internet access at all"},
});

// A ClientHello with ECH shows this name for every site of the provider.
constexpr std::array kOuterNames = std::to_array<Name>({
    {"cloudflare-ech.com", "outer name of all sites behind Cloudflare that use ECH"},
});

constexpr std::array kAuthorities = std::to_array<Name>({
    {"psp01.agcom.it", "Piracy Shield"},
    {"psp01-dev.agcom.it", "Piracy Shield, test system"},
});

order::Prefix prefix_of(std::string_view text)
{
    // Not parse_prefix(): it refuses the IPv4-mapped block, which no order can name either.
    const auto slash = text.find('/');
    auto prefix = order::parse_address(text.substr(0, slash));
    assert(prefix);
    if (slash != text.npos)
        std::from_chars(text.data() + slash + 1, text.data() + text.size(), prefix->length);
    return *prefix;
}

List make(std::string_view what, ListKind kind, std::string_view source, std::string_view because,
          std::span<const Name> names, std::span<const Address> addresses)
{
    List list{.label = "built-in: " + std::string(what),
              .kind = kind,
              .source = std::string(source),
              .because = std::string(because)};
    for (const Name& name : names)
        list.names.push_back({{std::string(name.name), name.match}, std::string(name.note)});
    for (const Address& address : addresses)
        list.prefixes.push_back({prefix_of(address.prefix), std::string(address.note)});
    return list;
}

} // namespace

std::vector<List> builtin_lists()
{
    using enum ListKind;
    return {
        make("root servers", Infrastructure, "root-servers.org",
             "without the root servers no name is found, whichever it is", kRootNames, kRootServers),
        make("top-level domains", Infrastructure, "the registries",
             "without it no name under its top-level domains is found", kTopLevelNames, kTopLevelServers),
        make("public resolvers", Infrastructure, "the operators' own pages",
             "whoever uses this resolver would find no name any more; an order on a name is carried out on "
             "the "
             "name's own queries",
             kResolverNames, kResolvers),
        make("time, certificates and connectivity", Infrastructure, "the vendors' own pages",
             "every subscriber's devices need it, whatever sites they visit", kEverybody, {}),
        make("outer names of encrypted hellos", Infrastructure, "the providers' own pages",
             "a rule on it would hit every site of the provider and not one of them in particular",
             kOuterNames, {}),
        make("authorities", Infrastructure, "the authorities' own pages", "orders and lifts come in over it",
             kAuthorities, {}),
        make("special-purpose addresses", SpecialPurpose, "RFC 6890",
             "no site of the Internet can be there, but the network's own traffic is", {}, kSpecialPurpose),
    };
}

} // namespace interdict::guard
