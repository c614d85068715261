# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The servers of the lab: a throw-away CA, nginx (TLS on 443 and 8443, HTTP on 80), dnsmasq and, on request,
# caddy (HTTP/3). Sourced by `lab`. All files are below $LAB_DIR.

# nginx has these, each with all names below it; caddy has the others.
LAB_DOMAINS=(blocked.example notblocked.example allowed.example watched.example unvisited.example)
LAB_HTTP3_DOMAINS=({tls,quic,dns,http,web,every,no}-channel.example)
LAB_SITES=("${LAB_DOMAINS[@]}" "${LAB_HTTP3_DOMAINS[@]}" deep.sub.blocked.example
    blocked.example.allowed.example forced.quic-channel.example)

lab_pki() {
    local pki=$LAB_DIR/pki name address alternatives="DNS:*.blocked.example"
    for name in "${LAB_SITES[@]}"; do alternatives+=",DNS:$name"; done
    for address in "${LAB_ORIGINS_V4[@]}" "${LAB_ORIGINS_V6[@]}"; do alternatives+=",IP:$address"; done
    install -d -m 700 "$pki"
    local -a key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
    {
        openssl req -x509 "${key[@]}" -keyout "$pki/ca.key" -out "$pki/ca.pem" -days 2 \
            -subj "/CN=interdict lab CA" -addext "keyUsage=critical,keyCertSign"
        openssl req -new "${key[@]}" -keyout "$pki/server.key" -out "$pki/server.csr" \
            -subj "/CN=interdict lab origin"
        openssl x509 -req -in "$pki/server.csr" -CA "$pki/ca.pem" -CAkey "$pki/ca.key" -days 2 \
            -set_serial 1 -out "$pki/server.pem" -extfile <(
                printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n'
                printf 'subjectAltName=%s\n' "$alternatives"
            )
    } >"$LAB_LOGS/pki.log" 2>&1
}

# The access log is the servers' testimony: one line per request that came through; of TLS with the groups
# that the client offered, 0x11ec being X25519MLKEM768.
lab_nginx_config() {
    local address listen=
    for address in "${LAB_ORIGINS_V4[@]}" "${LAB_ORIGINS_V6[@]/*/[&]}"; do
        # TLS on caddy's addresses is caddy's.
        [[ $address == "$LAB_HTTP3_V4" || $address == "[$LAB_HTTP3_V6]" ]] ||
            listen+="listen $address:443 ssl backlog=1024; listen $address:8443 ssl;"
    done
    cat <<CONF
daemon off;
master_process off;
pid $LAB_DIR/nginx/pid;
error_log $LAB_LOGS/nginx.log info;
events { worker_connections 4096; }
http {
    log_format hits '\$msec \$remote_addr \$server_addr \$server_port \$ssl_curves [\$ssl_server_name]';
    access_log $LAB_LOGS/hits.log hits;
    client_body_temp_path $LAB_DIR/nginx/body;
    proxy_temp_path $LAB_DIR/nginx/proxy;
    fastcgi_temp_path $LAB_DIR/nginx/fastcgi;
    uwsgi_temp_path $LAB_DIR/nginx/uwsgi;
    scgi_temp_path $LAB_DIR/nginx/scgi;
    client_header_timeout 5s;
    keepalive_timeout 0;
    ssl_certificate $LAB_DIR/pki/server.pem;
    ssl_certificate_key $LAB_DIR/pki/server.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache off;
    server {
        $listen
        default_type text/plain;
        location / { return 200 "origin \$server_addr [\$ssl_server_name]\n"; }
    }
    log_format plain '\$msec \$remote_addr \$server_addr \$server_port [\$host]';
    server {
        listen 80;
        listen [::]:80 ipv6only=on;
        access_log $LAB_LOGS/hits.log plain;
        keepalive_timeout 10s;
        default_type text/plain;
        location / { return 200 "origin \$server_addr [\$host]\n"; }
    }
}
CONF
}

# On addresses of its own: HTTP/3, and HTTP/2 and 1.1 for those who fall back.
lab_caddy_config() {
    cat <<CONF
{
    admin off
    auto_https off
    grace_period 10ms
    log {
        output file $LAB_LOGS/caddy.log
    }
}
https:// {
    bind $LAB_HTTP3_V4 $LAB_HTTP3_V6
    tls $LAB_DIR/pki/server.pem $LAB_DIR/pki/server.key
    log {
        output file $LAB_LOGS/http3.json
        format json
    }
    header Content-Type text/plain
    respond "origin [{http.request.host}] over {http.request.proto}"
}
CONF
}

# lab_http3_start: returns when caddy answers. Needs caddy.
lab_http3_start() {
    install -d -m 700 "$LAB_DIR/caddy"
    lab_caddy_config >"$LAB_DIR/caddy/Caddyfile"
    lab_spawn origins caddy-start env HOME="$LAB_DIR/caddy" XDG_DATA_HOME="$LAB_DIR/caddy" \
        caddy run --config "$LAB_DIR/caddy/Caddyfile" --adapter caddyfile
    lab_wait 10 "caddy to answer" lab_origin_answers "https://$LAB_HTTP3_V4/" &&
        lab_wait 10 "caddy to answer" lab_origin_answers "https://[$LAB_HTTP3_V6]/"
}

lab_origin_answers() { # URL
    lab_exec origins curl -sf -o /dev/null --max-time 2 --cacert "$LAB_DIR/pki/ca.pem" "$1"
}

lab_dns_answers() { # NAME
    [[ $(lab_exec origins dig +short +time=1 +tries=1 "@$LAB_DNS" "$1") == 198.51.100.* ]]
}

lab_origins_start() {
    lab_pki
    install -d -m 700 "$LAB_DIR/nginx"
    lab_nginx_config >"$LAB_DIR/nginx.conf"
    : >"$LAB_LOGS/hits.log"
    lab_spawn origins nginx-start nginx -p "$LAB_DIR/nginx" -e "$LAB_LOGS/nginx.log" -c "$LAB_DIR/nginx.conf"

    # dnsmasq answers for a domain and all below it, which is what the lab's sites want.
    local -a names=() site
    for site in "${LAB_DOMAINS[@]}"; do
        names+=("--address=/$site/198.51.100.10" "--address=/$site/2001:db8:f::10")
    done
    for site in "${LAB_HTTP3_DOMAINS[@]}"; do
        names+=("--address=/$site/$LAB_HTTP3_V4" "--address=/$site/$LAB_HTTP3_V6")
    done
    for site in {quic,web,every,no}-channel.example; do
        # HTTPS 1 . alpn=h3: browsers that ask for it begin with QUIC.
        names+=("--dns-rr=$site,65,00010000010003026833")
    done
    lab_spawn origins dnsmasq dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file="$LAB_DIR/dnsmasq.pid" \
        --user=root --no-resolv --no-hosts --bind-interfaces --listen-address="$LAB_DNS,$LAB_DNS_V6" \
        --log-facility=- --log-queries "${names[@]}"

    local origin
    for origin in 198.51.100.10 198.51.100.66:8443 "[2001:db8:f::10]" "[2001:db8:f::66]:8443"; do
        lab_wait 5 "nginx to answer" lab_origin_answers "https://$origin/"
    done
    lab_wait 5 "dnsmasq to answer" lab_dns_answers blocked.example
}

# lab_hits PATTERN: how many requests the servers have seen that match the extended expression,
# e.g. '\[blocked\.example\]$', ' 80 \[' or ' 198\.51\.100\.66 '.
lab_hits() { grep -cE -- "$1" "$LAB_LOGS/hits.log" || true; }

# lab_requests NAME PROTOCOL: how many requests caddy has seen for NAME over PROTOCOL, e.g. HTTP/3.0.
lab_requests() {
    jq -s --arg name "$1" --arg protocol "$2" \
        'map(select(.request.host == $name and .request.proto == $protocol)) | length' "$LAB_LOGS/http3.json"
}
