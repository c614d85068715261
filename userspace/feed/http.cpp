// SPDX-License-Identifier: Apache-2.0
#include "feed/http.h"

#include <mutex>

#include <curl/curl.h>

namespace interdict::feed {

namespace {

struct Receiver {
    std::string body;
    std::size_t limit = 0;
    bool too_long = false;
};

std::size_t receive(char* data, std::size_t, std::size_t size, void* to)
{
    auto& receiver = *static_cast<Receiver*>(to);
    if (receiver.body.size() + size > receiver.limit) {
        receiver.too_long = true;
        return 0;
    }
    receiver.body.append(data, size);
    return size;
}

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;

void add_header(Headers& headers, const std::string& line)
{
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
}

} // namespace

struct Http::State {
    HttpSettings settings;
    CURL* curl = nullptr;

    ~State() { curl_easy_cleanup(curl); }
};

Http::Http(std::unique_ptr<State> state) : state_(std::move(state)) {}
Http::Http(Http&&) noexcept = default;
Http& Http::operator=(Http&&) noexcept = default;
Http::~Http() = default;

Result<Http> Http::make(const HttpSettings& settings)
{
    static std::once_flag once;
    static CURLcode global = CURLE_OK;
    std::call_once(once, [] { global = curl_global_init(CURL_GLOBAL_DEFAULT); });
    if (global != CURLE_OK)
        return fail("cannot start libcurl: {}", curl_easy_strerror(global));
    auto state = std::make_unique<State>();
    state->settings = settings;
    state->curl = curl_easy_init();
    if (!state->curl)
        return fail("cannot start libcurl");
    return Http(std::move(state));
}

Result<HttpAnswer> Http::send(const HttpRequest& request)
{
    CURL* curl = state_->curl;
    const HttpSettings& settings = state_->settings;
    curl_easy_reset(curl); // keeps the connection
    Receiver receiver{{}, settings.max_body, false};
    char reason[CURL_ERROR_SIZE] = "";
    Headers headers;
    add_header(headers, "Accept: application/json, text/plain");
    if (!request.bearer.empty())
        add_header(headers, "Authorization: Bearer " + request.bearer);
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!settings.ca_file.empty())
        curl_easy_setopt(curl, CURLOPT_CAINFO, settings.ca_file.c_str());
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout_ms));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout_ms));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "interdict");
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiver);
    if (request.method == "POST") {
        add_header(headers, "Content-Type: application/json");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());

    const CURLcode code = curl_easy_perform(curl);
    if (receiver.too_long)
        return fail("{}: the answer is longer than {} bytes, the most that is read", request.url,
                    receiver.limit);
    if (code != CURLE_OK)
        return fail("{}: {}", request.url, *reason != '\0' ? reason : curl_easy_strerror(code));
    HttpAnswer answer;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_off_t wait = 0;
    if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK)
        answer.retry_after = wait;
    answer.body = std::move(receiver.body);
    return answer;
}

} // namespace interdict::feed
