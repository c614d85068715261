// SPDX-License-Identifier: Apache-2.0
#include "harness/dns.h"

#include <algorithm>

namespace interdict::harness {

namespace {

void put16(Bytes& out, unsigned value)
{
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}

template <class More>
void put(Bytes& out, const More& more)
{
    out.insert(out.end(), more.begin(), more.end());
}

Bytes on_wire(const Question& question)
{
    Bytes out = question.wire.empty() ? dns_name(question.name) : question.wire;
    put16(out, question.type);
    put16(out, question.klass);
    return out;
}

} // namespace

Bytes dns_name(const std::vector<std::string>& labels)
{
    Bytes out;
    for (const auto& label : labels) {
        out.push_back(static_cast<std::uint8_t>(label.size()));
        put(out, label);
    }
    out.push_back(0);
    return out;
}

Bytes dns_name(const std::string& text)
{
    std::vector<std::string> labels;
    for (std::size_t at = 0; at < text.size();) {
        const auto dot = std::min(text.find('.', at), text.size());
        labels.push_back(text.substr(at, dot - at));
        at = dot + 1;
    }
    return dns_name(labels);
}

Bytes dns_record(const Bytes& owner, std::uint16_t type, std::uint16_t klass, std::uint32_t ttl,
                 const Bytes& data)
{
    Bytes out = owner;
    put16(out, type);
    put16(out, klass);
    put16(out, ttl >> 16);
    put16(out, ttl & 0xffff);
    put16(out, static_cast<unsigned>(data.size()));
    put(out, data);
    return out;
}

Bytes dns_option(const Edns& edns)
{
    return dns_record(Bytes{0}, dns::Opt, edns.size,
                      std::uint32_t{edns.version} << 16 | (edns.dnssec_ok ? 0x8000u : 0), edns.options);
}

Query ask(const std::string& name, std::uint16_t type)
{
    return {.questions = {{.name = name, .type = type}}};
}

Bytes message(const Query& query)
{
    Bytes out;
    put16(out, query.id);
    put16(out, query.flags);
    put16(out, query.count.value_or(static_cast<std::uint16_t>(query.questions.size())));
    put16(out, static_cast<unsigned>(query.answers.size()));
    put16(out, static_cast<unsigned>(query.authority.size()));
    put16(out,
          query.records.value_or(static_cast<std::uint16_t>(query.additional.size() + (query.edns ? 1 : 0))));
    for (const auto& question : query.questions)
        put(out, on_wire(question));
    for (const auto* section : {&query.answers, &query.authority, &query.additional})
        for (const auto& record : *section)
            put(out, record);
    if (query.edns)
        put(out, dns_option(*query.edns));
    return out;
}

Bytes message(const Query& query, const Response& response)
{
    Query out{.questions = {query.questions.at(0)}, .id = query.id, .answers = response.records};
    out.flags = static_cast<std::uint16_t>(dns::Response | dns::RecursionAvailable |
                                           (query.flags & (dns::RecursionDesired | dns::CheckingDisabled)) |
                                           response.rcode);
    if (response.error) {
        Bytes option;
        put16(option, 15);
        put16(option, static_cast<unsigned>(2 + response.error->size()));
        put16(option, 16);
        put(option, *response.error);
        out.edns = Edns{.size = 1232, .dnssec_ok = response.dnssec_ok, .options = option};
    }
    return message(out);
}

Bytes dns_address(const Bytes& address, std::uint32_t ttl)
{
    return dns_record({0xc0, 0x0c}, address.size() == 4 ? dns::A : dns::Aaaa, dns::In, ttl, address);
}

} // namespace interdict::harness
