package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binaries is the folder with the commands under test, built from the sources beside this file.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "portolan-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binaries = dir
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./cmd/...")
	build.Dir = ".."
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the commands:", err)
		return 1
	}
	// Workstations have no browser but where a test gives them one: starting it takes more of the machine than all else.
	if err = os.Mkdir(filepath.Join(dir, "browser"), 0o700); err == nil {
		err = os.Rename(filepath.Join(dir, "portolan-browser"), browserProgram())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "put the browser's driver apart:", err)
		return 1
	}
	return m.Run()
}

// browserProgram is the path of portolan-browser.
func browserProgram() string { return filepath.Join(binaries, "browser", "portolan-browser") }

// rounds is how often a test repeats its fault: once is for make test, many times that for make soak.
func rounds(once int) int {
	if os.Getenv("PORTOLAN_SOAK") != "" {
		return 10 * once
	}
	return once
}

// process is a program that a test started.
type process struct {
	t    testing.TB
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// start starts a program; its output goes to a file that is shown when the test fails.
func start(t testing.TB, dir, name, program string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(program, args...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	out.Close()
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.end(syscall.SIGTERM)
		if t.Failed() {
			p.showLog()
		}
	})
	return p
}

func launch(t testing.TB, dir, name, command string, args ...string) *process {
	t.Helper()
	return start(t, dir, name, filepath.Join(binaries, command), args...)
}

// end sends the signal and waits until the process is gone; after 15 s it is killed.
func (p *process) end(signal syscall.Signal) {
	p.t.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Signal(signal)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		p.t.Errorf("%s did not end within 15 s of %s", p.name, signal)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// signal sends a signal without waiting for anything.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("send %s to %s: %v", s, p.name, err)
	}
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *process) showLog() {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return
	}
	const most = 6000
	if len(text) > most {
		text = text[len(text)-most:]
	}
	p.t.Logf("log of %s:\n%s", p.name, text)
}

// world is a simulator, a collector and agents.
type world struct {
	t        testing.TB
	dir      string
	listen   string // the collector's address
	store    string // the name of the collector's data folder
	sim      string // the simulator's admin address
	interval time.Duration
	config   string       // the collector's configuration file
	ready    func() error // asks the collector whether it serves

	simulator, collector *process
	agents               map[string]*process
}

// newWorld starts a simulator and a collector, and one agent at each of the named ports.
func newWorld(t *testing.T, interval time.Duration, ports ...string) *world {
	t.Helper()
	return newConfiguredWorld(t, "", interval, ports...)
}

// newConfiguredWorld is newWorld with text for the collector's configuration file.
func newConfiguredWorld(t *testing.T, config string, interval time.Duration, ports ...string) *world {
	t.Helper()
	w := newCountry(t, config, interval, ports...)
	w.startCollector()
	for _, port := range ports {
		w.enroll(port + "-1")
		w.startAgent(port + "-1")
	}
	return w
}

// newCountry starts a simulator of TPAC alone, which writes the configuration of an agent at each of the named ports.
func newCountry(t *testing.T, config string, interval time.Duration, ports ...string) *world {
	t.Helper()
	return newCountryWith(t, "tpac", config, interval, ports...)
}

// newCountryWith is newCountry with other systems.
func newCountryWith(t *testing.T, systems, config string, interval time.Duration, ports ...string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), listen: freeAddress(t), store: "collector", sim: freeAddress(t), interval: interval, agents: map[string]*process{}}
	w.ready = func() error { _, err := getText("http://" + w.listen + "/-/ready"); return err }
	w.config = filepath.Join(w.dir, "collector.yaml")
	if err := os.WriteFile(w.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	w.simulator = launch(t, w.dir, "sim", "portolan-sim", "serve", "--listen", w.sim, "--systems", systems, "--ports", strings.Join(ports, ","),
		"--collector", w.listen, "--interval", interval.String(), "--write-config", filepath.Join(w.dir, "sim"))
	w.untilServes(w.simulator, func() error { _, err := getText("http://" + w.sim + "/-/healthy"); return err })
	return w
}

func (w *world) data() string { return filepath.Join(w.dir, w.store) }

func (w *world) startCollector() {
	w.t.Helper()
	w.collector = launch(w.t, w.dir, "collector", "portolan-collector", "--config", w.config, "--listen", w.listen, "--data", w.data(), "--ports", "../configs/ports.yaml")
	w.untilServes(w.collector, w.ready)
}

func (w *world) enroll(agent string) {
	w.t.Helper()
	port, _, _ := strings.Cut(agent, "-")
	out, err := exec.Command(filepath.Join(binaries, "portolanctl"), "enroll", "--data", w.data(), "--agent", agent, "--port", port).Output()
	if err != nil {
		w.t.Fatalf("enroll %s: %v", agent, err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "sim", agent+".token"), out, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) startAgent(agent string) {
	w.t.Helper()
	page := filepath.Join(w.dir, "sim", agent, "page.url")
	_ = os.Remove(page)
	w.agents[agent] = launch(w.t, w.dir, agent, "portolan-agent", "--config", filepath.Join(w.dir, "sim", agent+".yaml"))
	w.untilServes(w.agents[agent], func() error { _, err := os.Stat(page); return err })
}

// page returns the address of an agent's own page, without a final slash.
func (w *world) page(agent string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "sim", agent, "page.url"))
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSuffix(strings.TrimSpace(string(text)), "/")
}

// untilServes waits until a process shows that it serves.
func (w *world) untilServes(p *process, shows func() error) {
	w.t.Helper()
	w.until(30*time.Second, p.name+" to serve", func() error {
		if p.ended() {
			p.showLog()
			w.t.Fatalf("%s ended", p.name)
		}
		return shows()
	})
}

// until asks again and again until the condition holds, and fails the test after the time given.
func (w *world) until(limit time.Duration, what string, holds func() error) {
	w.t.Helper()
	until(w.t, limit, what, holds)
}

func until(t testing.TB, limit time.Duration, what string, holds func() error) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := holds()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("waited %s for %s: %v", limit, what, err)
		}
	}
}

// faults replaces the simulator's faults by the given JSON list.
func (w *world) faults(list string) {
	w.t.Helper()
	request, err := http.NewRequest(http.MethodPut, "http://"+w.sim+"/admin/v1/faults", strings.NewReader(list))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		body, _ := io.ReadAll(response.Body)
		w.t.Fatalf("set faults: %s: %s", response.Status, body)
	}
}

// get reads JSON from the collector.
func (w *world) get(path string, into any) error {
	return getJSON("http://"+w.listen+path, into)
}

func getJSON(url string, into any) error {
	text, err := getText(url)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("GET %s: %w: %s", url, err, text)
	}
	return nil
}

func getText(url string) ([]byte, error) {
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s: %s", url, response.Status, bytes.TrimSpace(text))
	}
	return text, nil
}

// freeAddress returns an address that nobody listens on and that no connection will take: it lies on a loopback
// address of its own, beside the one that ephemeral ports are given out on.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.77.%d.%d:0", rand.N(256), 1+rand.N(254)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
