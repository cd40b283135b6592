package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"time"

	"portolan"
	"portolan/internal/secret"
	"portolan/internal/strictyaml"
	"portolan/internal/waterfall"
	"portolan/probe"
	"portolan/probe/browser"
	"portolan/targets"
)

// try is the command try.
type try struct {
	File        string   `arg:"" help:"The definition of a system." placeholder:"FILE"`
	Transaction string   `help:"Which transaction to run, if the definition has several." placeholder:"ID"`
	Endpoint    []string `help:"Where to reach the system, instead of the definition's endpoint; NAME=ADDRESS for a further one." placeholder:"URL" sep:"none"`
	Simulator   string   `help:"The admin address of a running simulator, whose endpoints stand for the definition's." placeholder:"URL"`
	Secrets     string   `help:"A folder with a file for each secret that the definition refers to, named like it." type:"existingdir" placeholder:"DIR"`
	Proxy       string   `help:"A proxy to go through; names are resolved there." placeholder:"URL"`
	Browser     string   `help:"The Chromium or Edge that browser transactions drive, instead of one that is installed." placeholder:"FILE"`
	Screenshots string   `help:"A folder to keep a picture in of the page that a browser transaction failed on, if its definition allows it." placeholder:"DIR"`
	Agent       string   `help:"The agent to run as." default:"TRY-1"`
	Output      string   `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help gives examples.
func (try) Help() string {
	return `Runs one transaction once, from this computer, against the real system. Nothing is stored or sent elsewhere.
It shows how long each step and each phase of it took, and for a failure where it lies and what to look at.

Examples:
  portolanctl try targets/catalogue/tpac.yaml
  portolanctl try mine.yaml --transaction sign-on --endpoint http://test.example:8080
  portolanctl try targets/catalogue/tpac.yaml --simulator http://127.0.0.1:8090    against make run
  portolanctl try targets/catalogue/tpac.yaml --simulator http://127.0.0.1:8090 --agent MIA-1    as that agent sees it
  portolanctl try mine.yaml --output json | jq .symptom
  PORTOLAN_SECRET_TPAC_LOGIN=... portolanctl try mine.yaml       for a definition that refers to ${secret:tpac-login}

Exit codes: 0 right answers in time, 1 slow, failed or interrupted, 2 wrong use or a fault in the file.`
}

// Run runs the transaction once and shows the result.
func (c try) Run(t terminal) error {
	system, transaction, err := c.choose()
	if err != nil {
		return err
	}
	options, err := c.options()
	if err != nil {
		return err
	}
	say, seen := progress(t, transaction), map[portolan.StepID]probe.Observation{}
	options.Progress = func(r portolan.StepResult, o probe.Observation) {
		seen[r.Step] = o
		say(r, o.Failure)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	due := portolan.InstantOf(time.Now())
	ready, err := probe.NewRunner(options).Prepare(ctx, transaction)
	if err != nil {
		return fmt.Errorf("run %s: %w", transaction.ID, err)
	}
	result, failures := ready.Perform(ctx, due, 1)
	if err := c.show(t, trial(system, transaction, result, failures, seen)); err != nil {
		return err
	}
	if result.Outcome != portolan.Good {
		return errProblem
	}
	return nil
}

// choose returns the system in the file and the transaction to run.
func (c try) choose() (*targets.System, *probe.Transaction, error) {
	system, err := readDefinition(c.File)
	if err != nil {
		return nil, nil, err
	}
	if c.Simulator != "" {
		s, err := askSimulator(c.Simulator)
		if err == nil {
			err = s.serve(system, portolan.AgentID(c.Agent))
		}
		if err != nil {
			return nil, nil, err
		}
	}
	for _, endpoint := range c.Endpoint {
		if err := redirect(system, endpoint); err != nil {
			return nil, nil, usageError{err}
		}
	}
	if c.Transaction == "" && len(system.Transactions) == 1 {
		return system, system.Transactions[0], nil
	}
	if t := system.Transaction(portolan.TransactionID(c.Transaction)); t != nil {
		return system, t, nil
	}
	var ids []string
	for _, t := range system.Transactions {
		ids = append(ids, string(t.ID))
	}
	return nil, nil, usageError{fmt.Errorf("--transaction %q: %s", c.Transaction, strictyaml.Suggest(c.Transaction, ids))}
}

// redirect replaces an endpoint of the system by URL or NAME=ADDRESS.
func redirect(system *targets.System, endpoint string) error {
	name, address, named := strings.Cut(endpoint, "=")
	if !named || strings.Contains(name, ":") {
		return system.Redirect("", endpoint)
	}
	return system.Redirect(name, address)
}

// How many pictures of failed tries are kept, and for how long.
const triedScreenshots, triedScreenshotsFor = 20, 7 * 24 * time.Hour

func (c try) options() (probe.Options, error) {
	agent, err := portolan.ParseAgentID(c.Agent)
	if err != nil {
		return probe.Options{}, usageError{err}
	}
	o := probe.Options{Values: map[string]string{"agent": string(agent), "port": string(agent.Port())}}
	o.Secrets = secret.Store{Dir: c.Secrets}.Find
	here := browser.Workstation{Browser: c.Browser}
	if c.Screenshots != "" {
		here.Album = browser.NewAlbum(c.Screenshots, triedScreenshots, triedScreenshotsFor)
	}
	o.Tools = map[any]any{browser.WorkstationKey{}: here}
	if c.Proxy != "" {
		proxy, err := url.Parse(c.Proxy)
		if err != nil || proxy.Host == "" {
			return o, usageError{fmt.Errorf("--proxy %q: want a URL such as http://proxy.example:3128", c.Proxy)}
		}
		o.Proxy = probe.FixedProxy(proxy)
	}
	return o, nil
}

// progress shows on a terminal which step is being run: a step that hangs is no reason to think that the
// tool does. The line is wiped when the run is over.
func progress(t terminal, transaction *probe.Transaction) func(portolan.StepResult, *probe.Failure) {
	f, ok := t.err.(*os.File)
	if !ok || !waterfall.StyleOf(f).Color { // escape sequences wipe the line
		return func(portolan.StepResult, *probe.Failure) {}
	}
	steps, done := transaction.Steps, 0
	say := func() {
		fmt.Fprint(f, "\r\x1b[K")
		if done < len(steps) {
			fmt.Fprintf(f, "step %d of %d: %s ...", done+1, len(steps), steps[done].ID)
		}
	}
	say()
	return func(r portolan.StepResult, failure *probe.Failure) {
		for done < len(steps) && steps[done].ID != r.Step {
			done++
		}
		if done++; failure != nil {
			done = len(steps)
		}
		say()
	}
}

// trial puts together what is shown of a run.
func trial(s *targets.System, t *probe.Transaction, result portolan.Result, failures []*probe.Failure, seen map[portolan.StepID]probe.Observation) waterfall.Run {
	run := waterfall.Run{Title: t.Title, Endpoint: s.Endpoint, Latency: t.Latency, Timeout: t.Timeout, Result: result}
	for _, step := range t.Steps {
		shown := waterfall.Step{ID: step.ID, Title: step.Title, Dependency: step.Dependency, Remarks: seen[step.ID].Remarks}
		for _, act := range seen[step.ID].Acts {
			shown.Acts = append(shown.Acts, waterfall.Act(act))
		}
		run.Steps = append(run.Steps, shown)
	}
	for i, failure := range failures {
		for j := range run.Steps {
			if failure != nil && run.Steps[j].ID == result.Steps[i].Step {
				run.Steps[j].Failure = &waterfall.Failure{Phase: failure.Phase, Kind: failure.Kind, Err: failure.Err}
			}
		}
	}
	return run
}

func (c try) show(t terminal, run waterfall.Run) error {
	if c.Output == "json" {
		out := json.NewEncoder(t.out)
		out.SetIndent("", "  ")
		return out.Encode(trialJSON(run))
	}
	var style waterfall.Style
	if f, ok := t.out.(*os.File); ok {
		style = waterfall.StyleOf(f)
	}
	return waterfall.Write(t.out, run, style)
}
