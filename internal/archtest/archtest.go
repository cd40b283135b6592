// Package archtest holds the architecture as a table, and its tests hold the code to it.
//
// Each room (package) has one job, a list of what it may import, and the reason. The tests ask
// `go list` for the facts and read the sources, so that a breach fails with the sentence that says why
// the rule exists. To open a new room, add a line here; to widen one, argue with its reason first.
package archtest

// module is the path that every import of our own begins with.
const module = "portolan"

// room is one line of the import table.
type room struct {
	path string // relative to the module; a trailing /* stands for its direct children
	job  string
	ours []string // packages of this module that it may import; a trailing /* as above, /... for all below
	libs []string // prefixes of import paths outside the standard library
}

// rooms is the import table: what each room may import besides the standard library. Test files may
// import more, since they stand outside the room and look in.
var rooms = []room{
	{path: "", job: "says what the words mean", ours: nil},
	{path: "schedule", job: "says when each series runs next", ours: []string{""}, libs: []string{"github.com/robfig/cron/v3"}},
	{path: "availability", job: "turns timelines into figures, in integers", ours: []string{""}},
	{path: "incident", job: "turns what agents see into incidents, and into advice", ours: []string{""}},
	{path: "effect", job: "says what followed a change, against the same hours of past weeks", ours: []string{""}},
	{path: "ports", job: "knows the ports of entry", ours: []string{"", "configs", "internal/strictyaml"}},
	{path: "ports/sources", job: "reads what agencies publish about ports", ours: []string{"", "ports", "internal/strictyaml"}},
	{path: "configs", job: "holds files that people copy"},
	{path: "probe", job: "runs one transaction once", ours: []string{""}},
	{path: "probe/*", job: "speaks one protocol for one step; never imports a sibling", ours: []string{"", "probe", "internal/procgroup"},
		libs: []string{"github.com/expr-lang/expr", "github.com/ohler55/ojg", "github.com/antchfx/", "golang.org/x/net", "golang.org/x/sys", "github.com/coder/websocket"}},
	{path: "probe/browser/chromium", job: "drives one browser, in a process of its own", ours: []string{"", "probe/browser"}, libs: []string{"github.com/chromedp/"}},
	{path: "probe/edifact", job: "sends lists in UN/EDIFACT for one step", ours: []string{"", "probe", "internal/interchange"}},
	{path: "probe/tn3270", job: "is a 3270 terminal for one step", ours: []string{"", "probe", "internal/datastream"}},
	{path: "targets", job: "knows the screening systems; opens no sockets", ours: []string{"", "probe", "internal/nistitl", "internal/strictyaml"}},
	{path: "evidence", job: "turns results into signed chained bytes and back", ours: []string{""},
		libs: []string{"google.golang.org/protobuf", "github.com/klauspost/compress"}},
	{path: "agent/spool", job: "keeps results on disk until acknowledged", ours: []string{"", "evidence"}, libs: []string{"golang.org/x/sys"}},
	{path: "agent/uplink", job: "delivers batches in order, at least once", ours: []string{"", "evidence"}},
	{path: "agent/peer", job: "lets the agents of one port tell each other what they see", ours: []string{""}},
	{path: "agent", job: "wires and runs the parts on a workstation; serves the port page",
		ours: []string{"", "agent/*", "schedule", "probe", "probe/*", "targets", "evidence", "availability", "incident", "dashboard", "internal/strictyaml", "internal/buildinfo", "internal/secret"},
		libs: []string{"go.uber.org/zap", "github.com/prometheus/client_golang", "golang.org/x/sys", "golang.org/x/time"}},
	{path: "collector/ledger", job: "holds batches durably: the contract", ours: []string{"", "evidence"}},
	{path: "collector/ledger/sqlite", job: "holds batches in one SQLite file", ours: []string{"", "evidence", "collector/ledger"},
		libs: []string{"modernc.org/sqlite", "github.com/pressly/goose/v3", "golang.org/x/sys"}},
	{path: "collector/ledger/postgres", job: "holds batches in a PostgreSQL database that collectors share", ours: []string{"", "evidence", "collector/ledger"},
		libs: []string{"github.com/jackc/pgx/v5", "github.com/pressly/goose/v3"}},
	{path: "collector/ledger/ledgertest", job: "holds every backend to the contract", ours: []string{"", "evidence", "collector/ledger"}, libs: []string{"github.com/google/go-cmp"}},
	{path: "collector/archive", job: "keeps old batches in compressed files, and is the ledger that finds them there",
		ours: []string{"", "collector/ledger"}, libs: []string{"github.com/klauspost/compress"}},
	{path: "collector/backup", job: "packs a data folder into one file, and back", ours: []string{"collector/archive", "collector/ledger", "collector/ledger/sqlite"},
		libs: []string{"github.com/klauspost/compress"}},
	{path: "collector/registry", job: "knows which agents exist and what is due", ours: []string{"", "evidence", "schedule", "collector/ledger"}},
	{path: "collector/ingest", job: "verifies, stores, then acknowledges", ours: []string{"", "evidence", "collector/ledger", "collector/registry"}},
	{path: "collector/projection", job: "folds the ledger into figures behind a cursor", ours: []string{"", "evidence", "availability", "schedule", "collector/ledger"},
		libs: []string{"github.com/DataDog/sketches-go", "google.golang.org/protobuf"}},
	{path: "collector/results", job: "says how results are told outside", ours: []string{"", "collector/projection"}},
	{path: "collector/export", job: "writes results as tables: Parquet and CSV", ours: []string{"", "collector/results"},
		libs: []string{"github.com/parquet-go/parquet-go"}},
	{path: "collector/audit", job: "holds evidence together: every hash, link and signature",
		ours: []string{"", "evidence", "collector/ledger", "collector/projection"}},
	{path: "collector/watch", job: "watches what is folded for incidents, and keeps their history",
		ours: []string{"", "evidence", "availability", "incident", "collector/ledger", "collector/projection"}},
	{path: "collector/changes", job: "reads what followed annotated changes", ours: []string{"", "availability", "effect", "targets", "collector/projection"}},
	{path: "collector/monthly", job: "gathers what the monthly report tells",
		ours: []string{"", "availability", "effect", "incident", "report", "targets", "collector/changes", "collector/ledger", "collector/projection", "collector/watch"}},
	{path: "collector", job: "wires and runs the center; API and metrics",
		ours: []string{"", "collector/...", "evidence", "availability", "incident", "effect", "schedule", "targets", "ports", "probe", "probe/*", "dashboard", "report", "internal/strictyaml", "internal/buildinfo"},
		libs: []string{"go.uber.org/zap", "github.com/prometheus/", "github.com/DataDog/sketches-go"}},
	{path: "alerting", job: "turns objectives into rules", ours: []string{"", "targets", "availability"}, libs: []string{"gopkg.in/yaml.v3"}},
	{path: "dashboard", job: "draws pages from a source that it declares; computes no figure", ours: []string{"", "availability", "incident", "effect", "internal/buildinfo"}},
	{path: "report", job: "writes the month for people who were not there; computes no figure of its own", ours: []string{"", "availability", "incident", "internal/strictyaml"}},
	{path: "sim", job: "is the truth: systems with faults on a timetable", ours: []string{"", "sim/*", "ports", "probe", "targets", "evidence", "internal/strictyaml"}, libs: []string{"go.uber.org/zap", "gopkg.in/yaml.v3"}},
	{path: "sim/*", job: "is one part of the simulator: faults, relays, screening systems", ours: []string{"", "sim/fault", "internal/interchange", "internal/nistitl", "internal/datastream", "targets", "internal/strictyaml"}, libs: []string{"golang.org/x/sys", "github.com/coder/websocket"}},
	{path: "sim/truth", job: "says what a scenario's users had", ours: []string{"", "sim", "sim/fault", "sim/screening", "probe", "targets"}},
	{path: "sim/replay", job: "plays a scenario's agents in event time", ours: []string{"", "evidence", "schedule", "sim/truth"}},
	{path: "sim/accuracy", job: "holds what a collector says against a scenario's truth", ours: []string{"", "evidence", "sim/replay", "sim/truth"}},
	{path: "sim/fleet", job: "is many agents that probe nothing", ours: []string{"", "evidence", "sim", "sim/replay", "sim/truth"}},
	{path: "internal/archtest", job: "holds this table"},
	{path: "internal/strictyaml", job: "reads YAML strictly, with positions", libs: []string{"gopkg.in/yaml.v3"}},
	{path: "internal/nistitl", job: "reads and writes files of prints; makes what stands for one"},
	{path: "internal/interchange", job: "reads and writes UN/EDIFACT, for carriers and the system; knows no message"},
	{path: "internal/datastream", job: "is the 3270 data stream, for terminals and hosts; holds no conversation", libs: []string{"golang.org/x/text"}},
	{path: "internal/clitest", job: "holds the words of the commands' test scripts", libs: []string{"github.com/rogpeppe/go-internal"}},
	{path: "internal/procgroup", job: "runs a program with all that it starts", libs: []string{"golang.org/x/sys"}},
	{path: "internal/ways", job: "lists the ways of talking", ours: []string{"probe", "probe/*"}},
	{path: "internal/pgtest", job: "runs PostgreSQL servers for tests"},
	{path: "internal/testnet", job: "is a network in memory for tests"},
	{path: "internal/buildinfo", job: "says which build this is"},
	{path: "internal/secret", job: "finds secrets on the workstation", libs: []string{"golang.org/x/sys"}},
	{path: "internal/service", job: "runs a daemon under Windows or systemd", libs: []string{"golang.org/x/sys"}},
	{path: "internal/waterfall", job: "draws a run as text", ours: []string{""}, libs: []string{"golang.org/x/term", "golang.org/x/sys"}},
	{path: "e2e", job: "runs the real binaries beside real peers", ours: nil},
	{path: "cmd/*", job: "holds flags, signals and exit codes", ours: []string{"..."},
		libs: []string{"github.com/alecthomas/kong", "go.uber.org/zap", "golang.org/x/term", "golang.org/x/sys"}},
}

// pure lists the rooms that read no clock, and do no I/O.
var pure = []string{"", "schedule", "availability", "incident", "effect"}

// clockless lists the rooms where time is an argument; they may do I/O.
var clockless = append([]string{"evidence", "targets", "report", "collector/ledger"}, pure...)

// impure lists what a pure room may not import, and why.
var impure = map[string]string{
	"net":          "a pure room can be tested without sockets",
	"net/http":     "a pure room can be tested without sockets",
	"os":           "a pure room can be tested without a disk",
	"database/sql": "a pure room is given its data",
	"log":          "logs are for operators, and written where decisions are carried out",
	"math/rand":    "randomness is an argument",
	"math/rand/v2": "randomness is an argument",
}

// tooBig lists what a binary on an old workstation may not link, and why.
var tooBig = map[string]string{
	"github.com/alecthomas/kong":             "the agent uses the standard flag package",
	"github.com/prometheus/exporter-toolkit": "the agent has its own small TLS listener",
	"github.com/prometheus/alertmanager":     "alerts are routed at the center",
	"modernc.org/sqlite":                     "the agent's spool is plain files",
	"github.com/jackc/pgx/v5":                "the agent's spool is plain files",
	"github.com/pressly/goose/v3":            "the agent has no database",
	"github.com/DataDog/sketches-go":         "latency is summed up at the center",
	"github.com/parquet-go/parquet-go":       "results are exported at the center",
	"github.com/chromedp":                    "a browser is driven in a process of its own",
}

// longest is how many lines a source file may have before its room needs another: beyond it readers scroll
// instead of read.
const longest = 500
