// SPDX-License-Identifier: Apache-2.0
#include "order/write.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json.h"

namespace interdict::order {

namespace {

using Json = nlohmann::ordered_json;

// Means and actions stand in this order in the format's own examples.
constexpr std::array<unsigned, INTERDICT_CHANNEL_MAX> kWritten{INTERDICT_CHANNEL_DNS, INTERDICT_CHANNEL_TLS,
                                                               INTERDICT_CHANNEL_QUIC, INTERDICT_CHANNEL_HTTP,
                                                               INTERDICT_CHANNEL_ADDRESS};

Json means_of(Means means)
{
    Json list = Json::array();
    for (const unsigned channel : kWritten)
        if (means & INTERDICT_MEANS(channel))
            list.push_back(channel_name(channel));
    if (list.empty())
        list.push_back(channel_name(INTERDICT_CHANNEL_ADDRESS));
    return list;
}

Json actions_of(const Actions& actions)
{
    Json object = Json::object();
    for (const unsigned channel : kWritten)
        if (actions[channel] != INTERDICT_ACTION_DEFAULT)
            object[std::string(channel_name(channel))] = action_name(actions[channel]);
    return object;
}

std::string address_of(const Prefix& prefix)
{
    const std::string text = to_string(prefix);
    return text.substr(0, text.find('/'));
}

Json json_of(const Sinkhole& sinkhole)
{
    Json object = Json::object();
    if (sinkhole.ipv4)
        object["ipv4"] = address_of(*sinkhole.ipv4);
    if (sinkhole.ipv6)
        object["ipv6"] = address_of(*sinkhole.ipv6);
    return object;
}

Json json_of(const Notice& notice)
{
    Json object = Json::object();
    object["blocked_by"] = notice.blocked_by;
    if (!notice.complaint.empty())
        object["complaint"] = notice.complaint;
    if (!notice.text.empty())
        object["text"] = notice.text;
    return object;
}

Json json_of(const Document& document)
{
    Json object = Json::object();
    if (!document.sha256.empty())
        object["sha256"] = document.sha256;
    if (!document.uri.empty())
        object["uri"] = document.uri;
    return object;
}

// notice: what the file says already.
Json head_of(const Order& order, const Notice& notice)
{
    Json head = Json::object();
    head["id"] = order.id;
    head["kind"] = to_string(order.kind);
    head["authority"] = order.authority;
    head["reference"] = order.reference;
    head["jurisdiction"] = order.jurisdiction;
    head["issued"] = format_timestamp(order.issued).substr(0, 10);
    head["effective"] = format_timestamp(order.effective);
    if (order.expires != 0)
        head["expires"] = format_timestamp(order.expires);
    if (order.comply_within)
        head["comply_within"] = format_duration(*order.comply_within);
    if (order.status != Status::Active)
        head["status"] = to_string(order.status);
    if (order.means != kNameMeans)
        head["means"] = means_of(order.means);
    if (order.actions != Actions{})
        head["actions"] = actions_of(order.actions);
    if (order.sinkhole != Sinkhole{})
        head["sinkhole"] = json_of(order.sinkhole);
    if (order.notice != notice && order.notice != Notice{} && gives_notice(order))
        head["notice"] = json_of(order.notice);
    if (!order.scope.empty())
        head["scope"] = order.scope;
    if (order.mode != Mode::Enforce)
        head["mode"] = to_string(order.mode);
    if (order.dynamic)
        head["dynamic"] = true;
    if (order.document)
        head["document"] = json_of(*order.document);
    return head;
}

// Names, prefixes and times are plain ASCII: nothing in them needs an escape.
void put_name(std::string& out, const NameTarget& target)
{
    out += "{\"name\":\"";
    out += target.name;
    out += target.match == Match::Exact ? "\",\"match\":\"exact\"" : "\"";
}

void put_address(std::string& out, const AddressTarget& target)
{
    out += "{\"prefix\":\"" + to_string(target.prefix) + "\"";
    if (target.protocol != 0) {
        const std::string name = protocol_name(target.protocol, target.prefix.v6);
        const bool number = name.front() >= '0' && name.front() <= '9';
        out += ",\"protocol\":" + (number ? name : "\"" + name + "\"");
    }
    if (!target.ports.empty()) {
        out += ",\"ports\":";
        for (char separator = '['; const PortRange& range : target.ports) {
            out += separator;
            out += range.first == range.last ? std::to_string(range.first)
                                             : fmt::format("\"{}-{}\"", range.first, range.last);
            separator = ',';
        }
        out += ']';
    }
}

std::string order_text(const Order& order, const Notice& notice)
{
    std::string out = text_of(head_of(order, notice));
    out.pop_back();
    out.reserve(out.size() + 40 * (order.targets.size() + order.exempt.size()));
    out += ",\"targets\":[";
    for (std::string_view separator; const Item& item : order.targets) {
        out += separator;
        if (item.target.is_name())
            put_name(out, item.target.name);
        else
            put_address(out, item.target.address);
        if (item.expires != 0)
            out += ",\"expires\":\"" + format_timestamp(item.expires) + "\"";
        if (item.exclusive)
            out += *item.exclusive ? ",\"exclusive\":true" : ",\"exclusive\":false";
        if (!item.sharing_acknowledged.empty())
            out += ",\"sharing_acknowledged\":" + text_of(Json(item.sharing_acknowledged));
        out += '}';
        separator = ",";
    }
    out += ']';
    if (!order.exempt.empty()) {
        out += ",\"exempt\":";
        for (char separator = '['; const NameTarget& target : order.exempt) {
            out += separator;
            put_name(out, target);
            out += '}';
            separator = ',';
        }
        out += ']';
    }
    out += '}';
    return out;
}

} // namespace

bool gives_notice(const Order& order)
{
    constexpr unsigned kChannel = INTERDICT_CHANNEL_HTTP;
    return (order.means & INTERDICT_MEANS(kChannel)) &&
           resolved_action(kChannel, order.actions[kChannel]) == INTERDICT_ACTION_NOTICE;
}

std::string write_order(const Order& order) { return order_text(order, {}); }

std::string write_order_head(const Order& order) { return text_of(head_of(order, {})); }

std::string write_orders(std::span<const Order> orders, const Notice& notice)
{
    std::string out = "{";
    if (notice != Notice{})
        out += "\"notice\":" + text_of(json_of(notice)) + ",\n ";
    out += "\"orders\":[";
    for (std::string_view separator = "\n"; const Order& order : orders) {
        out += separator;
        out += order_text(order, notice);
        separator = ",\n";
    }
    out += "\n]}\n";
    return out;
}

} // namespace interdict::order
