// SPDX-License-Identifier: Apache-2.0
#include "feed/http.h"

#include <type_traits>

// Its checks of types are macros by the names of functions.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>

#include "feed/shown_url.h"

namespace interdict::feed {

namespace {

#undef curl_easy_setopt
#undef curl_easy_getinfo

// libcurl brings thirty other libraries, which cost every command six milliseconds of its start: a lift must
// not wait for what only feeds need. So it is loaded when the first connection is made.
class Curl {
public:
    [[nodiscard]] static Result<const Curl*> load()
    {
        static const auto loaded = open();
        if (!loaded)
            return std::unexpected(loaded.error());
        return &*loaded;
    }

#define INTERDICT_CURL(name) std::add_pointer_t<decltype(::curl_##name)> name = nullptr
    INTERDICT_CURL(global_init);
    INTERDICT_CURL(easy_init);
    INTERDICT_CURL(easy_reset);
    INTERDICT_CURL(easy_setopt);
    INTERDICT_CURL(easy_perform);
    INTERDICT_CURL(easy_getinfo);
    INTERDICT_CURL(easy_cleanup);
    INTERDICT_CURL(easy_strerror);
    INTERDICT_CURL(slist_append);
    INTERDICT_CURL(slist_free_all);
#undef INTERDICT_CURL

private:
    static Result<Curl> open()
    {
        // By its ABI, which the headers of this build are of. Never closed: it has state in exit handlers.
        void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
        if (!library)
            return fail("cannot load libcurl, which fetches lists: {}; install it", ::dlerror());
        Curl curl;
        const auto find = [&](auto& function, const char* name) {
            function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
            return function != nullptr;
        };
        if (!find(curl.global_init, "curl_global_init") || !find(curl.easy_init, "curl_easy_init") ||
            !find(curl.easy_reset, "curl_easy_reset") || !find(curl.easy_setopt, "curl_easy_setopt") ||
            !find(curl.easy_perform, "curl_easy_perform") || !find(curl.easy_getinfo, "curl_easy_getinfo") ||
            !find(curl.easy_cleanup, "curl_easy_cleanup") ||
            !find(curl.easy_strerror, "curl_easy_strerror") ||
            !find(curl.slist_append, "curl_slist_append") ||
            !find(curl.slist_free_all, "curl_slist_free_all"))
            return fail("cannot use libcurl: {}", ::dlerror());
        if (const CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK)
            return fail("cannot start libcurl: {}", curl.easy_strerror(code));
        return curl;
    }
};

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

// At least once a second, also while nothing comes.
int go_on(void* cancelled, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return (*static_cast<const std::function<bool()>*>(cancelled))() ? 1 : 0;
}

struct FreeList {
    const Curl* library;
    void operator()(curl_slist* list) const { library->slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;

void add_header(Headers& headers, const std::string& line)
{
    headers.reset(headers.get_deleter().library->slist_append(headers.release(), line.c_str()));
}

} // namespace

struct Http::State {
    HttpSettings settings;
    const Curl* library = nullptr;
    CURL* curl = nullptr;

    ~State()
    {
        if (curl)
            library->easy_cleanup(curl);
    }
};

Http::Http(std::unique_ptr<State> state) : state_(std::move(state)) {}
Http::Http(Http&&) noexcept = default;
Http& Http::operator=(Http&&) noexcept = default;
Http::~Http() = default;

Result<Http> Http::make(const HttpSettings& settings)
{
    auto state = std::make_unique<State>();
    INTERDICT_TRY(state->library, Curl::load());
    state->settings = settings;
    state->curl = state->library->easy_init();
    if (!state->curl)
        return fail("cannot start libcurl");
    return Http(std::move(state));
}

Result<HttpAnswer> Http::send(const HttpRequest& request)
{
    const Curl& library = *state_->library;
    CURL* curl = state_->curl;
    const HttpSettings& settings = state_->settings;
    library.easy_reset(curl); // keeps the connection
    Receiver receiver{{}, settings.max_body, false};
    char reason[CURL_ERROR_SIZE] = "";
    Headers headers(nullptr, FreeList{&library});
    add_header(headers, "Accept: application/json, text/plain");
    if (!request.bearer.empty())
        add_header(headers, "Authorization: Bearer " + request.bearer);
    library.easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    library.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    library.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    library.easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    library.easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    library.easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!settings.ca_file.empty())
        library.easy_setopt(curl, CURLOPT_CAINFO, settings.ca_file.c_str());
    library.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout_ms));
    library.easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout_ms));
    library.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    library.easy_setopt(curl, CURLOPT_USERAGENT, "interdict");
    library.easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    library.easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    library.easy_setopt(curl, CURLOPT_WRITEDATA, &receiver);
    if (settings.cancelled) {
        library.easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        library.easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, go_on);
        library.easy_setopt(curl, CURLOPT_XFERINFODATA, &settings.cancelled);
    }
    if (request.method == "POST") {
        add_header(headers, "Content-Type: application/json");
        library.easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        library.easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
    }
    library.easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());

    const CURLcode code = library.easy_perform(curl);
    if (receiver.too_long)
        return fail("{}: the answer is longer than {} bytes, the most that is read", shown_url(request.url),
                    receiver.limit);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return fail("{}: given up, because the program ends", shown_url(request.url));
    if (code != CURLE_OK)
        return fail("{}: {}", shown_url(request.url), *reason != '\0' ? reason : library.easy_strerror(code));
    HttpAnswer answer;
    library.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_off_t wait = 0;
    if (library.easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK)
        answer.retry_after = wait;
    answer.body = std::move(receiver.body);
    return answer;
}

} // namespace interdict::feed
