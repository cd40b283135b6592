package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// mark is the secret that nothing may hold.
const mark = "Mk7-marked/secret+Zq9"

// deskDefinition is a system whose sign-on needs the secret, and whose second step is told it back.
const deskDefinition = `system: desk
name: Help desk
owner: {organization: Port, contact: desk@example.gov}
synthetic: {accepted: true, by: Desk owner, since: 2026-11-01}
objective: {availability: 99.5%%, window: 30d}
endpoint: %s
load: {max_per_second: 5}
transactions:
  - transaction: ask
    title: Ask the desk
    interval: 2s
    latency: 500ms
    timeout: 1500ms
    steps:
      - step: sign-on
        title: Sign on
        web:
          url: ${endpoint}/sign-on
          basic: {user: officer, password: "${secret:desk-login}"}
          form: {password: "${secret:desk-login}"}
          expect: [status == 200]
          extract: {echo: {json: $.echo}}
      - step: look
        title: Look
        web:
          url: ${endpoint}/look
          json: {note: "${echo}"}
          expect: [json.answer == values.echo]
`

// TestSecret_LeavesTheAgentOnlyForItsSystem runs an agent whose secret a hostile system echoes wherever it can, then
// looks for it in everything that the agent, the collector and the operator's tool wrote or serve.
func TestSecret_LeavesTheAgentOnlyForItsSystem(t *testing.T) {
	t.Parallel()
	w := newCountry(t, "", time.Hour, "MIA")
	w.startCollector()
	w.enroll("MIA-1")
	var signedOn, looked atomic.Int64
	desk := httptest.NewServer(echoingDesk(&signedOn, &looked))
	t.Cleanup(desk.Close)
	definition := configureDesk(t, w, desk.URL)

	w.startAgent("MIA-1")
	w.until(20*time.Second, "the missing secret to be told", func() error {
		return logged(w.agents["MIA-1"], `secret \"desk-login\": it is not there`)
	})
	if signedOn.Load() != 0 {
		t.Error("the desk was asked without the secret")
	}
	giveSecret(t, w)
	w.until(30*time.Second, "failed runs at the collector", func() error {
		var kept struct{ Rows []struct{ Outcome string } }
		if err := w.get("/api/v1/results?system=desk", &kept); err != nil {
			return err
		}
		if len(kept.Rows) < 2 || kept.Rows[0].Outcome != "failed" {
			return fmt.Errorf("%+v", kept.Rows)
		}
		return nil
	})
	if signedOn.Load() == 0 || looked.Load() == 0 {
		t.Fatalf("the desk saw %d sign-ons with the secret and %d echoes of it", signedOn.Load(), looked.Load())
	}

	places := w.everything(definition)
	w.agents["MIA-1"].end(syscall.SIGTERM)
	w.readBatches(places)
	w.readFolders(places)
	for place, text := range places {
		for _, spelled := range []string{mark, url.QueryEscape(mark), url.PathEscape(mark), base64.StdEncoding.EncodeToString([]byte("officer:" + mark))[12:24]} {
			if bytes.Contains(text, []byte(spelled)) {
				t.Errorf("%s holds the secret as %q", place, spelled)
			}
		}
	}
	if len(places) < 15 {
		t.Errorf("only %d places were looked at", len(places))
	}
}

// echoingDesk signs on whoever has the secret, and tells it back in bodies and headers.
func echoingDesk(signedOn, looked *atomic.Int64) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/sign-on", func(rw http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password == mark && r.PostFormValue("password") == mark {
			signedOn.Add(1)
		}
		rw.Header().Set("X-Echo", r.Header.Get("Authorization"))
		json.NewEncoder(rw).Encode(map[string]string{"echo": mark})
	})
	mux.HandleFunc("/look", func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bytes.Contains(body, []byte(mark)) {
			looked.Add(1)
		}
		// A redirect to an address that cannot be asked ends in an error that quotes it.
		http.Redirect(rw, r, "http://127.0.0.1:1/"+url.PathEscape(mark)+"?pw="+url.QueryEscape(mark), http.StatusFound)
	})
	return mux
}

// configureDesk has the agent probe the desk alone, and returns the definition's file.
func configureDesk(t *testing.T, w *world, endpoint string) string {
	t.Helper()
	catalogue := filepath.Join(w.dir, "catalogue")
	config := filepath.Join(w.dir, "sim", "MIA-1.yaml")
	for _, dir := range []string{catalogue, filepath.Join(w.dir, "secrets")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	definition := filepath.Join(catalogue, "desk.yaml")
	if err := os.WriteFile(definition, fmt.Appendf(nil, deskDefinition, endpoint), 0o600); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("agent: MIA-1\nport: MIA\ndata: %s\ncollector: {url: http://%s, token_file: %s, every: 1s}\npage: {listen: 127.0.0.1:0}\n"+
		"catalogue: %s\nsystems: [desk]\nsecrets: %s\n",
		filepath.Join(w.dir, "sim", "MIA-1"), w.listen, filepath.Join(w.dir, "sim", "MIA-1.token"), catalogue, filepath.Join(w.dir, "secrets"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return definition
}

func giveSecret(t *testing.T, w *world) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "secrets", "desk-login"), []byte(mark+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func logged(p *process, text string) error {
	log, err := os.ReadFile(p.log)
	if err == nil && !bytes.Contains(log, []byte(text)) {
		err = fmt.Errorf("the log of %s does not say %s", p.name, text)
	}
	return err
}

// everything returns what the running processes serve and what the operator's tool prints, by where it is from.
func (w *world) everything(definition string) map[string][]byte {
	w.t.Helper()
	places := map[string][]byte{}
	center, page := "http://"+w.listen, w.page("MIA-1")
	for _, address := range []string{
		page + "/", page + "/metrics", center + "/", center + "/ports/MIA", center + "/systems/desk", center + "/metrics",
		center + "/api/v1/results?system=desk", center + "/api/v1/state", center + "/api/v1/agents",
	} {
		text, err := getText(address)
		if err != nil {
			places[address] = []byte(err.Error()) // pages of systems that the collector does not know
			continue
		}
		places[address] = text
	}
	for _, args := range [][]string{
		{"try", definition}, {"try", definition, "--output", "json"}, {"check-config", definition}, {"check-config", definition, "--output", "json"},
		{"results", "--collector", center, "--output", "json"},
	} {
		command := exec.Command(filepath.Join(binaries, "portolanctl"), args...)
		command.Env = append(os.Environ(), "PORTOLAN_SECRET_DESK_LOGIN="+mark)
		out, _ := command.CombinedOutput() // a failed run is what is wanted
		if args[0] == "try" && !bytes.Contains(out, []byte("[secret]")) {
			w.t.Errorf("portolanctl %s does not show where an echo was covered: %s", strings.Join(args, " "), out)
		}
		places["portolanctl "+strings.Join(args, " ")] = out
	}
	return places
}

// readFolders adds every file that the processes wrote, and what the ledger's batches say, which are packed.
func (w *world) readFolders(places map[string][]byte) {
	w.t.Helper()
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path, filepath.Join(w.dir, "secrets")) {
			return err
		}
		text, err := os.ReadFile(path)
		places[path] = text
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// readBatches adds what the ledger's batches say, which are packed there.
func (w *world) readBatches(places map[string][]byte) {
	w.t.Helper()
	records := readBooks(w.t, w.open()).records
	for stream := range records {
		for seq, record := range records[stream] {
			text, err := json.Marshal(record)
			if err != nil {
				w.t.Fatal(err)
			}
			places[fmt.Sprintf("record %d", seq)] = text
		}
	}
}
