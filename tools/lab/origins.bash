# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The servers of the lab: a throw-away CA, nginx (TLS on 443 and 8443) and dnsmasq. Sourced by
# `lab`. All files are below $LAB_DIR.

LAB_SITES=(blocked.example deep.sub.blocked.example notblocked.example allowed.example
    blocked.example.allowed.example watched.example unvisited.example)

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

# The access log is the servers' testimony: one line per request that came through.
lab_nginx_config() {
    cat <<CONF
daemon off;
master_process off;
pid $LAB_DIR/nginx/pid;
error_log $LAB_LOGS/nginx.log info;
events { worker_connections 4096; }
http {
    log_format hits '\$msec \$remote_addr \$server_addr \$server_port [\$ssl_server_name]';
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
        listen 443 ssl backlog=1024;
        listen 8443 ssl;
        listen [::]:443 ssl ipv6only=on;
        listen [::]:8443 ssl ipv6only=on;
        default_type text/plain;
        location / { return 200 "origin \$server_addr [\$ssl_server_name]\n"; }
    }
}
CONF
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
    for site in blocked.example notblocked.example allowed.example watched.example unvisited.example; do
        names+=("--address=/$site/198.51.100.10" "--address=/$site/2001:db8:f::10")
    done
    lab_spawn origins dnsmasq dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file="$LAB_DIR/dnsmasq.pid" \
        --user=root --no-resolv --no-hosts --bind-interfaces --listen-address="$LAB_DNS" \
        --log-facility=- --log-queries "${names[@]}"

    local origin
    for origin in 198.51.100.10 198.51.100.66:8443 "[2001:db8:f::10]" "[2001:db8:f::66]:8443"; do
        lab_wait 5 "nginx to answer" lab_origin_answers "https://$origin/"
    done
    lab_wait 5 "dnsmasq to answer" lab_dns_answers blocked.example
}

# lab_hits PATTERN: how many requests the servers have seen that match the extended expression,
# e.g. '\[blocked\.example\]$' or ' 198\.51\.100\.66 '.
lab_hits() { grep -cE -- "$1" "$LAB_LOGS/hits.log" || true; }
