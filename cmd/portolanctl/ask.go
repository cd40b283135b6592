package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// asking is what every command has that asks a collector.
type asking struct {
	Collector string `help:"The collector's address." env:"PORTOLAN_COLLECTOR" default:"http://127.0.0.1:8080" placeholder:"URL"`
	CAFile    string `help:"The certificate that the collector's must descend from, as the command ca prints it; without one the system's own authorities." env:"PORTOLAN_CA_FILE" name:"ca-file" type:"existingfile" placeholder:"FILE"`
	Output    string `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Bounds of a question.
const (
	answerWithin  = 2 * time.Minute
	longestAnswer = 64 << 20
)

// ask gets an answer into the value that into points to; with JSON output it prints the answer as it came instead, and
// printed is true.
func (a asking) ask(t terminal, path string, query url.Values, into any) (printed bool, err error) {
	body, err := a.get(path, query)
	if err != nil {
		return false, err
	}
	if a.Output == "json" {
		_, err := t.out.Write(body)
		return true, err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return false, fmt.Errorf("read answer of %s: %w", a.Collector, err)
	}
	return false, nil
}

func (a asking) get(path string, query url.Values) ([]byte, error) {
	return a.exchange(http.MethodGet, path, query, nil)
}

// post sends a value as JSON, and returns the answer.
func (a asking) post(path string, value any) ([]byte, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode question: %w", err)
	}
	return a.exchange(http.MethodPost, path, nil, body)
}

func (a asking) exchange(method, path string, query url.Values, question []byte) ([]byte, error) {
	base, err := url.Parse(a.Collector)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, usageError{fmt.Errorf("collector %q: want an address such as http://127.0.0.1:8080", a.Collector)}
	}
	at := base.JoinPath(path)
	at.RawQuery = query.Encode()
	client, err := a.client()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(method, at.String(), bytes.NewReader(question))
	if err != nil {
		return nil, fmt.Errorf("ask collector: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask collector: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusCreated {
		return nil, refusal(response.StatusCode, body)
	}
	return body, nil
}

func (a asking) client() (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if a.CAFile != "" {
		text, err := os.ReadFile(a.CAFile)
		if err != nil {
			return nil, usageError{fmt.Errorf("read the collector's authority: %w", err)}
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(text) {
			return nil, usageError{fmt.Errorf("read the collector's authority: no certificate in %q", a.CAFile)}
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Timeout: answerWithin, Transport: transport}, nil
}

// refusal returns what the collector says was wrong.
func refusal(status int, body []byte) error {
	var answer struct {
		Error struct{ Message string } `json:"error"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Error.Message == "" {
		return fmt.Errorf("collector answered %d %s", status, http.StatusText(status))
	}
	if status == http.StatusBadRequest {
		return usageError{fmt.Errorf("%s", answer.Error.Message)}
	}
	return fmt.Errorf("collector answered: %s", answer.Error.Message)
}

// with adds what was given on the command line to a query.
func with(query url.Values, name string, values ...string) {
	for _, v := range values {
		if v != "" {
			query.Add(name, v)
		}
	}
}

// table prints rows below a head, in columns.
func table(t terminal, head string, rows [][]string) error {
	w := tabwriter.NewWriter(t.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(head, " ", "\t"))
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// percent prints a ratio; what does not exist is a dash.
func percent(ratio *float64) string {
	if ratio == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f%%", 100**ratio)
}

// at prints a time in the machine's zone; none is a dash.
func at(moment *time.Time) string {
	if moment == nil {
		return "-"
	}
	return moment.Local().Format("2006-01-02T15:04:05Z07:00")
}

// said is a symptom in few words.
type said struct {
	Step       string `json:"step"`
	Phase      string `json:"phase"`
	Kind       string `json:"kind"`
	Dependency string `json:"dependency"`
}

func (s *said) String() string {
	if s == nil {
		return "-"
	}
	words := []string{s.Kind}
	if s.Phase != "none" {
		words = append(words, "in "+s.Phase)
	}
	if s.Step != "" {
		words = append(words, "at "+s.Step)
	}
	if s.Dependency != "" {
		words = append(words, "("+s.Dependency+")")
	}
	return strings.Join(words, " ")
}
