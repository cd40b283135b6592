package dashboard_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// startBrowser starts a Chromium of its own and returns the context that tabs are opened from.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("find chromium: %v; on Debian: apt-get install chromium", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// tab is one page under test, with all that went wrong on it.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu     sync.Mutex
	faults []string
}

// openTab serves h and opens a tab for it. When the test ends, anything that the page logged as an error
// or asked another server for fails it.
func openTab(t *testing.T, browser context.Context, h http.Handler) *tab {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	tb := &tab{t: t, ctx: ctx, base: server.URL}
	if err := chromedp.Listen(ctx, tb.watch); err != nil {
		t.Fatalf("open tab: %v", err)
	}
	t.Cleanup(func() {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		for _, fault := range tb.faults {
			t.Error(fault)
		}
	})
	return tb
}

func (tb *tab) watch(event any) {
	var fault string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault = "uncaught: " + e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" {
			fault = fmt.Sprintf("console: %+v", e.Args)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" {
			fault = "browser: " + e.Entry.Text + " " + e.Entry.URL
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, tb.base+"/") {
			fault = "asked another server: " + e.Request.URL
		}
	}
	if fault != "" {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		tb.faults = append(tb.faults, fault)
	}
}

// forgive drops the faults that hold text: those that the test itself brought about.
func (tb *tab) forgive(text string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	var rest []string
	for _, fault := range tb.faults {
		if !strings.Contains(fault, text) {
			rest = append(rest, fault)
		}
	}
	tb.faults = rest
}

func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	if err := chromedp.Do(tb.ctx, steps...); err != nil {
		tb.t.Fatal(err)
	}
}

func (tb *tab) open(path string) {
	tb.t.Helper()
	tb.do(chromedp.Navigate(tb.base+path), chromedp.WaitReady(chromedp.CSS("#main")))
}

// size sets the window and the colours that the reader prefers.
func (tb *tab) size(width, height int64, scheme string) {
	tb.t.Helper()
	tb.do(chromedp.EmulateViewport(width, height))
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, media); err != nil {
		tb.t.Fatal(err)
	}
}

// violations runs axe-core over the page, and fails the test for what it finds.
func (tb *tab) violations(scheme string) {
	tb.t.Helper()
	axe, err := os.ReadFile(filepath.Join("testdata", "axe-core", "axe.min.js"))
	if err != nil {
		tb.t.Fatal(err)
	}
	tb.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](string(axe)+"; true")(ctx, target)
		return err
	}))
	violations := evaluate[[]string](tb, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.target.join(" ") + ": " + n.failureSummary)))`)
	for _, v := range violations {
		tb.t.Errorf("%s: %s", scheme, v)
	}
}

// fits fails the test if the page is wider than so many pixels, and names what is.
func (tb *tab) fits(width int) {
	tb.t.Helper()
	if got := evaluate[int](tb, `document.documentElement.scrollWidth`); got > width {
		tb.t.Errorf("at %d px the page is %d px wide: %s", width, got, evaluate[string](tb, fmt.Sprintf(
			`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > %d.5 && !e.closest(".hidden, thead, .skip")).slice(0, 5).map(e => e.outerHTML.slice(0, 90)).join("\n")`, width)))
	}
}

// waitFor waits until the expression is true on the page.
func (tb *tab) waitFor(expression string) {
	tb.t.Helper()
	wait := chromedp.Poll[bool](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(20*time.Second))
	if _, err := chromedp.Run(tb.ctx, wait); err != nil {
		tb.t.Fatalf("wait for %s: %v", expression, err)
	}
}

// is fails the test unless the expression is true on the page now.
func (tb *tab) is(expression string) {
	tb.t.Helper()
	if got := evaluate[bool](tb, expression); !got {
		tb.t.Errorf("on the page, not true: %s", expression)
	}
}

func evaluate[T any](tb *tab, expression string) T {
	tb.t.Helper()
	v, err := chromedp.Run(tb.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tb.t.Fatalf("evaluate %.80s: %v", expression, err)
	}
	return v
}
