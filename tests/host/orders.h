// SPDX-License-Identifier: Apache-2.0
//
// orders.h: a rule set that meets the names and addresses of the captures in every way: each action, observed
// and exempt names, names on several levels, plain addresses, prefixes and ports.
#pragma once

#define HOST_ORDER(id, members)                                                                   \
    "{\"id\": \"" id "\", \"kind\": \"court-order\", \"authority\": \"A court\", \"reference\": " \
    "\"1/2022\", \"jurisdiction\": \"ZZ\", \"issued\": \"2022-01-01\", \"effective\": "           \
    "\"2022-01-01T00:00:00Z\", " members "}"

// clang-format off
static const char kHostOrders[] =
    "{\"orders\": ["
    // What each channel does by itself.
    HOST_ORDER("default",
               "\"notice\": {\"blocked_by\": \"https://isp.example/blocked\"}, "
               "\"targets\": [{\"name\": \"interdict.test\"}, {\"name\": \"blocked.example\"}], "
               "\"exempt\": [{\"name\": \"node26-fetch.interdict.test\"}, "
               "{\"name\": \"free.blocked.example\"}]") ", "
    HOST_ORDER("sinkhole",
               "\"actions\": {\"tls\": \"drop\", \"dns\": \"sinkhole\", \"http\": \"reset\"}, "
               "\"sinkhole\": {\"ipv4\": \"192.0.2.53\", \"ipv6\": \"2001:db8::53\"}, "
               "\"targets\": [{\"name\": \"v4.interdict.test\"}, {\"name\": \"services.mozilla.com\"}, "
               "{\"name\": \"go-http.interdict.test\"}, {\"name\": \"sinkhole.example\"}]") ", "
    HOST_ORDER("refused",
               "\"actions\": {\"tls\": \"reset\", \"dns\": \"refused\", \"http\": \"drop\"}, "
               "\"targets\": [{\"name\": \"v6.interdict.test\"}, {\"name\": \"google.com\"}, "
               "{\"name\": \"go-https.interdict.test\", \"match\": \"exact\"}, "
               "{\"name\": \"refused.example\"}]") ", "
    HOST_ORDER("observe",
               "\"mode\": \"observe\", \"targets\": [{\"name\": \"googleapis.com\", \"match\": \"exact\"}, "
               "{\"name\": \"update.googleapis.com\"}, {\"name\": \"node26-https.interdict.test\"}]") ", "
    HOST_ORDER("dns-only",
               "\"means\": [\"dns\"], \"targets\": [{\"name\": \"dns.example\"}]") ", "
    HOST_ORDER("addresses",
               "\"expires\": \"2099-01-01T00:00:00Z\", \"targets\": [{\"prefix\": \"10.80.0.192/28\"}, "
               "{\"prefix\": \"10.80.0.190/32\"}, {\"prefix\": \"198.51.100.7/32\"}, "
               "{\"prefix\": \"203.0.113.0/24\", \"protocol\": \"tcp\", \"ports\": [443, \"8000-8100\"]}, "
               "{\"prefix\": \"2001:db8:2::7/128\"}, {\"prefix\": \"2001:db8:3::/48\"}]") ", "
    HOST_ORDER("addresses-reset",
               "\"expires\": \"2099-01-01T00:00:00Z\", \"actions\": {\"address\": \"reset\"}, "
               "\"targets\": [{\"prefix\": \"10.80.0.208/29\"}, {\"prefix\": \"198.51.100.8/32\"}, "
               "{\"prefix\": \"2001:db8:4::/64\"}]")
    "]}";
// clang-format on
