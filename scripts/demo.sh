#!/bin/sh
# The demo: simulated screening systems, a relay for each port, the collector and an agent at each of seven places, two at MIA,
# as separate processes, until Ctrl-C. PORTOLAN_LISTEN, _SIM_LISTEN, _DATA, _INTERVAL and _SYSTEMS change what it uses.
set -eu
cd "$(dirname "$0")/.."
listen=${PORTOLAN_LISTEN:-127.0.0.1:8080}
sim_listen=${PORTOLAN_SIM_LISTEN:-127.0.0.1:8090}
data=${PORTOLAN_DATA:-$(mktemp -d "${TMPDIR:-/tmp}/portolan.XXXXXX")}
interval=${PORTOLAN_INTERVAL:-10s}
systems=${PORTOLAN_SYSTEMS:-}
# Airports, a seaport, a land port and a center: each system runs somewhere (where: in its definition).
agents="MIA-1 MIA-2 SEA-1 IAD-1 JFK-1 5201-1 2504-1 AMOC-1"

mkdir -p "$data/logs"
data=$(cd "$data" && pwd)
children=
stop() {
	trap '' INT TERM
	[ -z "$children" ] || kill $children 2>/dev/null || true
	wait
}
trap stop EXIT
trap 'exit 0' INT TERM

start() { # name command...
	name=$1
	shift
	"$@" >"$data/logs/$name.log" 2>&1 &
	children="$children $!"
	eval "pid_$(echo "$name" | tr - _)=$!"
}

# until_there waits until a command succeeds that shows that a child serves, and gives up when that child ends.
until_there() { # name command...
	name=$1
	shift
	pid=$(eval "echo \$pid_$(echo "$name" | tr - _)")
	until "$@" 2>/dev/null; do
		if ! kill -0 "$pid" 2>/dev/null; then
			echo "$name ended; the end of its log, $data/logs/$name.log:" >&2
			tail -n 20 "$data/logs/$name.log" >&2
			exit 1
		fi
		sleep 0.1
	done
}

start sim bin/portolan-sim serve --listen "$sim_listen" --ports MIA,SEA,IAD,JFK,5201,2504,AMOC --agents-per-port 2 --collector "$listen" \
	--interval "$interval" --write-config "$data/sim" ${systems:+--systems "$systems"}
until_there sim grep -q '^ready$' "$data/logs/sim.log"
start collector bin/portolan-collector --listen "$listen" --data "$data/collector"
until_there collector grep -q 'collector is serving' "$data/logs/collector.log"

echo "Portolan is running. Ctrl-C ends it."
echo "  central page     http://$listen/"
for agent in $agents; do
	rm -f "$data/sim/$agent/page.url"
	# Workstations differ in what they are used for: in secondary inspection officers query by ATS-QQ.
	case $agent in *-1) class=primary-booth ;; *) class=secondary ;; esac
	[ "${agent%-*}" = AMOC ] || echo "class: $class" >>"$data/sim/$agent.yaml"
	bin/portolanctl enroll --data "$data/collector" --agent "$agent" --port "${agent%-*}" >"$data/sim/$agent.token"
	start "$agent" bin/portolan-agent --config "$data/sim/$agent.yaml"
done
for agent in $agents; do
	until_there "$agent" test -s "$data/sim/$agent/page.url"
	printf "  page at %-8s %s\n" "$agent" "$(cat "$data/sim/$agent/page.url")"
done
echo "  simulator        http://$sim_listen/   (faults: /admin/v1/faults)"
echo "  data and logs    $data"
echo "Break IDENT:  curl -X PUT http://$sim_listen/admin/v1/faults -d '[{\"where\":{\"system\":\"ident\"},\"effect\":\"outage\"}]'"
echo "Repair it:    curl -X DELETE http://$sim_listen/admin/v1/faults"

# A child that ends by itself ends the demo: a half of it would mislead.
while :; do
	for pid in $children; do
		kill -0 "$pid" 2>/dev/null || { echo "a process ended (see $data/logs)" >&2; exit 1; }
	done
	sleep 1
done
