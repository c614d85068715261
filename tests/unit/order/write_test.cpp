// SPDX-License-Identifier: Apache-2.0
#include "order/write.h"

#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include <netinet/in.h>

#include <catch2/catch_test_macros.hpp>

#include "order/parse.h"

using namespace interdict;
using namespace interdict::order;

namespace {

bool same_item(const Item& one, const Item& other)
{
    return one.target == other.target && one.expires == other.expires && one.exclusive == other.exclusive &&
           one.sharing_acknowledged == other.sharing_acknowledged;
}

void check_same(const Order& one, const Order& other)
{
    CHECK(one.id == other.id);
    CHECK(one.kind == other.kind);
    CHECK(one.authority == other.authority);
    CHECK(one.reference == other.reference);
    CHECK(one.jurisdiction == other.jurisdiction);
    CHECK(one.issued == other.issued);
    CHECK(one.effective == other.effective);
    CHECK(one.expires == other.expires);
    CHECK(one.comply_within == other.comply_within);
    CHECK(one.status == other.status);
    CHECK(one.means == other.means);
    CHECK(one.actions == other.actions);
    CHECK(one.sinkhole == other.sinkhole);
    CHECK(one.notice == other.notice);
    CHECK(one.scope == other.scope);
    CHECK(one.mode == other.mode);
    CHECK(one.dynamic == other.dynamic);
    CHECK(one.document == other.document);
    CHECK(one.exempt == other.exempt);
    REQUIRE(one.targets.size() == other.targets.size());
    for (std::size_t i = 0; i < one.targets.size(); ++i) {
        INFO(to_string(one.targets[i].target));
        CHECK(same_item(one.targets[i], other.targets[i]));
    }
}

std::vector<Order> read_back(const std::string& json)
{
    const Parsed parsed = parse_orders(json, "written");
    INFO(json);
    for (const Problem& problem : parsed.problems)
        FAIL_CHECK(to_string(problem));
    return parsed.orders;
}

// Orders that the format can express, with every field set or not.
class Orders {
public:
    explicit Orders(unsigned seed) : random_(seed) {}

    Order next(int number)
    {
        Order order;
        order.id = "id-" + std::to_string(number);
        order.kind = coin() ? Kind::CourtOrder : Kind::AdministrativeOrder;
        order.authority = text();
        order.reference = text();
        order.jurisdiction = "IT";
        order.issued = 86400 * (1 + below(20000));
        order.effective = 2'000'000'000 + below(1000000);
        const bool ends = coin();
        if (ends)
            order.expires = order.effective + 1 + below(1000000);
        if (coin())
            order.comply_within = below(10000000);
        order.status = static_cast<Status>(below(8));
        const bool addresses = coin();
        order.means = static_cast<Means>(below(16) << 1);
        for (unsigned channel = 0; channel < INTERDICT_CHANNEL_MAX; ++channel)
            if (channel == INTERDICT_CHANNEL_ADDRESS || (order.means & INTERDICT_MEANS(channel)))
                order.actions[channel] = action(channel);
        if (order.actions[INTERDICT_CHANNEL_DNS] == INTERDICT_ACTION_SINKHOLE) {
            order.sinkhole.ipv4 = *parse_address("192.0.2.53");
            if (coin())
                order.sinkhole.ipv6 = *parse_address("2001:db8::53");
            if (order.sinkhole.ipv6 && coin())
                order.sinkhole.ipv4.reset();
        }
        if (gives_notice(order) && coin()) {
            order.notice.blocked_by = "https://isp.example/b?a=1&b=2";
            if (coin())
                order.notice.complaint = "http://isp.example/c";
            if (coin())
                order.notice.text = text();
        }
        if (coin())
            order.scope = {"italy", text()};
        order.mode = coin() ? Mode::Enforce : Mode::Observe;
        order.dynamic = coin();
        if (coin())
            order.document = Document{std::string(64, 'e'), coin() ? "file:///a \"b\".pdf" : ""};
        if (order.means != 0)
            add_names(order);
        if (addresses || order.means == 0)
            add_prefixes(order, ends);
        return order;
    }

private:
    bool coin() { return below(2) != 0; }
    std::int64_t below(std::int64_t limit) { return static_cast<std::int64_t>(random_() % limit); }

    std::string text()
    {
        static const std::vector<std::string> kTexts{"Tribunale di Milano", "\"quoted\" \\ back/slash",
                                                     "Общий суд", "1234/2022, (b)", "émoji \xf0\x9f\x9a\xab"};
        return kTexts[static_cast<std::size_t>(below(static_cast<std::int64_t>(kTexts.size())))];
    }

    std::uint8_t action(unsigned channel)
    {
        for (;;) {
            const auto action = static_cast<unsigned>(below(INTERDICT_ACTION_MAX));
            if (action == INTERDICT_ACTION_DEFAULT || (actions_of(channel) >> action & 1))
                return static_cast<std::uint8_t>(action);
        }
    }

    void add_names(Order& order)
    {
        Item above;
        above.target.name = {"blocked.example", Match::Subtree};
        Item exact;
        exact.target.name = {"www.xn--bcher-kva.example", Match::Exact};
        exact.expires = order.effective + 1;
        order.targets = {above, exact};
        if (coin())
            order.exempt = {{"help.blocked.example", Match::Subtree}, {"x.blocked.example", Match::Exact}};
    }

    void add_prefixes(Order& order, bool ends)
    {
        int number = 0;
        for (const int protocol :
             {0, int{IPPROTO_TCP}, int{IPPROTO_UDP}, int{IPPROTO_ICMP}, int{IPPROTO_ICMPV6}, 47})
            for (const char* prefix : {"198.51.100.0/24", "2001:db8:7::/48"}) {
                Item item;
                item.target.address.prefix = *parse_prefix(prefix);
                item.target.address.protocol = static_cast<std::uint8_t>(protocol);
                if ((protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) && coin())
                    item.target.address.ports = {{80, 80}, {443, 443}, {8000, 8100}, {65535, 65535}};
                if (!ends || coin())
                    item.expires = order.effective + 1 + ++number;
                if (coin())
                    item.exclusive = coin();
                if (item.exclusive != true && coin())
                    item.sharing_acknowledged = text();
                order.targets.push_back(item);
            }
    }

    std::mt19937 random_;
};

} // namespace

TEST_CASE("what is written is read as the same order: every field, set or not")
{
    Orders orders(7);
    for (int i = 0; i < 400; ++i) {
        const Order order = orders.next(i);
        const std::string json = write_order(order);
        CHECK(json.find('\n') == json.npos);
        const auto back = read_back("{\"orders\":[" + json + "]}");
        REQUIRE(back.size() == 1);
        check_same(order, back[0]);
        CHECK(write_order(back[0]) == json);
    }
}

TEST_CASE("a whole file, its notice said once")
{
    Orders source(8);
    std::vector<Order> orders;
    const Notice notice{"https://isp.example/all", "", "for all"};
    for (int i = 0; i < 50; ++i) {
        orders.push_back(source.next(i));
        if (orders.back().notice == Notice{})
            orders.back().notice = notice; // as parse_orders() gives it to every order
    }
    const std::string json = write_orders(orders, notice);
    const auto back = read_back(json);
    REQUIRE(back.size() == orders.size());
    for (std::size_t i = 0; i < back.size(); ++i)
        check_same(orders[i], back[i]);
    CHECK(json.find("for all") == json.rfind("for all"));
    CHECK(read_back(write_orders({})).empty());
}

TEST_CASE("only what differs from the default, keys in the documented order")
{
    Order order;
    order.id = "o";
    order.authority = "Court";
    order.reference = "1";
    order.jurisdiction = "IT";
    order.issued = 86400;
    order.effective = 172800;
    Item item;
    item.target.name = {"a.example", Match::Subtree};
    order.targets = {item};
    CHECK(write_order(order) ==
          R"({"id":"o","kind":"court-order","authority":"Court","reference":"1","jurisdiction":"IT",)"
          R"("issued":"1970-01-02","effective":"1970-01-03T00:00:00Z","targets":[{"name":"a.example"}]})");
    CHECK(write_order_head(order) ==
          R"({"id":"o","kind":"court-order","authority":"Court","reference":"1","jurisdiction":"IT",)"
          R"("issued":"1970-01-02","effective":"1970-01-03T00:00:00Z"})");
    order.status = Status::Stayed;
    order.means = 0;
    order.actions[INTERDICT_CHANNEL_ADDRESS] = INTERDICT_ACTION_RESET;
    order.targets[0].target = {};
    order.targets[0].target.address.prefix = *parse_prefix("192.0.2.7/32");
    order.targets[0].target.address.protocol = IPPROTO_TCP;
    order.targets[0].target.address.ports = {{443, 443}, {8000, 8100}};
    CHECK(write_order(order) ==
          R"({"id":"o","kind":"court-order","authority":"Court","reference":"1","jurisdiction":"IT",)"
          R"("issued":"1970-01-02","effective":"1970-01-03T00:00:00Z","status":"stayed","means":["address"],)"
          R"("actions":{"address":"reset"},)"
          R"("targets":[{"prefix":"192.0.2.7/32","protocol":"tcp","ports":[443,"8000-8100"]}]})");
}

TEST_CASE("a notice that no page shows is not written: the format would refuse it")
{
    Orders source(9);
    Order order = source.next(0);
    order.means = INTERDICT_MEANS(INTERDICT_CHANNEL_TLS);
    order.actions = {};
    order.sinkhole = {};
    order.notice = {"https://isp.example/b", "", ""};
    CHECK_FALSE(gives_notice(order));
    CHECK(write_order(order).find("notice") == std::string::npos);
}
