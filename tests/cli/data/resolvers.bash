# SPDX-License-Identifier: Apache-2.0
# Source it: three name servers (tests/watch/zone_server.py) that end with the shell, and $STATE/watch.json, by which
# one check is enough. seized.example is seized, live.example is alive, every other name is dead.
mkdir -p "$STATE"
coproc ZONES { exec python3 "$HERE/../watch/zone_server.py" 3; }
read -r first <&"${ZONES[0]}"
python3 - "$first" >"$STATE/watch.json" <<'END'
import json, sys
at_once = {"checks": 1, "for": "PT0S"}
print(json.dumps({"resolvers": json.loads(sys.argv[1])["servers"], "settled_after": at_once, "dead_after": at_once,
                  "limits": {"timeout_ms": 300, "tries": 2}}))
END

# A command of zone_server.py; holds when it returns.
zone() {
    echo "$1" >&"${ZONES[1]}"
    read -r _ <&"${ZONES[0]}"
}
zone '{"set": "seized.example", "records": {"A": ["192.0.2.1"], "NS": ["ns1.seizedservers.com"]}}'
zone '{"set": "live.example", "records": {"A": ["192.0.2.7"]}}'
