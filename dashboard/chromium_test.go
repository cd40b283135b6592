package dashboard_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"portolan"
	"portolan/dashboard"
)

// quick renews pages once a second, the fastest that a page can be told to.
var quick = dashboard.Options{Refresh: time.Second}

// TestBrowser holds what only a real browser can tell.
func TestBrowser(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"update-after-a-change":  updateAfterAChange,
		"keep-what-readers-do":   keepWhatReadersDo,
		"say-when-out-of-touch":  sayWhenOutOfTouch,
		"pause":                  pause,
		"recover-by-itself":      recoverByItself,
		"filter-while-typing":    filterWhileTyping,
		"renew-without-script":   renewWithoutScript,
		"skip-link-and-keyboard": skipLinkAndKeyboard,
		"monthly-report":         monthlyReport,
	} {
		t.Run(name, func(t *testing.T) { test(t, browser) })
	}
	for name, of := range everyPage() {
		t.Run("accessible-"+name, func(t *testing.T) { accessible(t, browser, of) })
	}
}

// page is one page of one handler.
type page struct {
	handler http.Handler
	path    string
}

func everyPage() map[string]page {
	f := identDown()
	central := dashboard.Central(f, dashboard.Options{Refresh: time.Hour})
	return map[string]page{
		"overview":    {central, "/"},
		"port":        {central, "/ports/MIA"},
		"system":      {central, "/systems/tpac"},
		"record":      {central, "/record"},
		"incidents":   {central, "/incidents"},
		"reports":     {central, "/reports"},
		"not-found":   {central, "/ports/ZZZ"},
		"workstation": {dashboard.PortPage(f, dashboard.Options{Refresh: time.Hour}), "/"},
		"nothing":     {dashboard.Central(&fixture{overview: &dashboard.Overview{Cut: dashboard.Cut{At: noon}}}, dashboard.Options{}), "/"},
		"long-names":  {dashboard.Central(longNames(), dashboard.Options{Refresh: time.Hour}), "/"},
		"nation":      {dashboard.Central(nation(1, 1), dashboard.Options{Refresh: time.Hour}), "/?q=placeholder+port+12"},
		"matrix":      {dashboard.Central(nation(20, 1), dashboard.Options{Refresh: time.Hour}), "/?q=placeholder+port+111"},
	}
}

func longNames() *fixture {
	f := identDown()
	p := &f.overview.Ports[0]
	p.Name, p.Office = strings.Repeat("Llanfairpwllgwyngyll", 6), strings.Repeat("Office", 20)
	f.overview.Systems[0].Name = strings.Repeat("Traveler", 30)
	p.Cells[0].Symptom.Step = portolan.StepID(strings.Repeat("biometric-", 5) + "x")
	return f
}

// accessible runs axe-core over the page in both colour schemes, and looks for sideways scrolling of tables at
// the width of a laptop, and of the page at that of a small phone (WCAG 2.2, 1.4.10).
func accessible(t *testing.T, browser context.Context, of page) {
	tb := openTab(t, browser, of.handler)
	for _, scheme := range []string{"light", "dark"} {
		tb.size(1366, 768, scheme)
		tb.open(of.path)
		tb.violations(scheme)
		tb.is(`[...document.querySelectorAll(".scroll")].every(e => e.scrollWidth <= e.clientWidth)`)
		tb.is(`getComputedStyle(document.body).fontFamily.includes("Public Sans") && document.fonts.check('16px "Public Sans"')`)
	}
	tb.size(320, 640, "light")
	tb.open(of.path)
	tb.fits(320)
	if strings.HasPrefix(of.path, "/ports/ZZZ") {
		tb.forgive("404")
	}
}

func updateAfterAChange(t *testing.T, browser context.Context) {
	f := identDown()
	tb := openTab(t, browser, dashboard.Central(f, quick))
	tb.open("/")
	tb.is(`document.querySelector("#at-IAD-tpac").className === "up"`)
	f.change(func(f *fixture) {
		ports := append([]dashboard.Port(nil), f.overview.Ports...)
		ports[2].Cells = []dashboard.Cell{downCell()}
		next := *f.overview
		next.Ports, next.Cut.At = ports, noon.Add(5*time.Second)
		next.Systems = append([]dashboard.System(nil), next.Systems...)
		next.Systems[0].Ports = dashboard.Counts{Slow: 1, Down: 2}
		f.overview = &next
	})
	tb.waitFor(`document.querySelector("#at-IAD-tpac")?.className === "down"`)
	tb.is(`document.querySelector("#summary").textContent.includes("TPAC is down at 2")`)
	tb.is(`document.querySelector("#asof").textContent.includes("13:02:16 EST")`)
	tb.is(`[...document.querySelectorAll(".ports tbody tr")].map(r => r.id).join() === "at-IAD-tpac,at-MIA-tpac,at-SEA-tpac"`)
}

func keepWhatReadersDo(t *testing.T, browser context.Context) {
	f := nation(1, 1)
	tb := openTab(t, browser, dashboard.Central(f, quick))
	tb.open("/")
	tb.do(chromedp.Evaluate[chromedp.Void](`window.kept = document.querySelector("#office-seattle"); kept.open = !kept.open;
		window.was = kept.open; window.link = document.querySelector("#at-X0005-tpac a"); link.focus(); undefined`))
	f.change(func(f *fixture) {
		next := *f.overview
		next.Cut.At = noon.Add(time.Minute)
		f.overview = &next
	})
	tb.waitFor(`document.querySelector("#asof").textContent.includes("13:03:11")`)
	tb.is(`document.querySelector("#office-seattle") === kept && kept.open === was`)
	tb.is(`document.activeElement === link`)
}

func sayWhenOutOfTouch(t *testing.T, browser context.Context) {
	f := identDown()
	tb := openTab(t, browser, dashboard.PortPage(f, quick))
	tb.open("/")
	tb.is(`document.querySelector("#freshness").hidden`)
	f.change(func(f *fixture) { f.err = errors.New("gone") })
	tb.waitFor(`!document.querySelector("#freshness").hidden`)
	tb.is(`document.querySelector("#page").textContent.includes("biometric-verification")`)
	f.change(func(f *fixture) { f.err = nil })
	tb.waitFor(`document.querySelector("#freshness").hidden`)
	tb.forgive("503")
}

func recoverByItself(t *testing.T, browser context.Context) {
	f := identDown()
	f.change(func(f *fixture) { f.err = errors.New("starting") })
	tb := openTab(t, browser, dashboard.Central(f, quick))
	tb.open("/")
	tb.is(`document.querySelector("h1").textContent === "This page cannot be drawn now"`)
	f.change(func(f *fixture) { f.err = nil })
	tb.do(chromedp.WaitReady(chromedp.CSS("#at-MIA-tpac")))
	tb.forgive("503")
}

func pause(t *testing.T, browser context.Context) {
	asked := make(chan struct{}, 100)
	inner := dashboard.Central(identDown(), quick)
	tb := openTab(t, browser, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			asked <- struct{}{}
		}
		inner.ServeHTTP(w, r)
	}))
	tb.open("/")
	<-asked
	<-asked // the page asks by itself
	tb.do(chromedp.Click(chromedp.CSS("#pause")))
	tb.is(`document.querySelector("#pause").textContent === "Resume updates"`)
	for len(asked) > 0 {
		<-asked
	}
	evaluate[bool](tb, `new Promise(done => setTimeout(() => done(true), 1500))`)
	if n := len(asked); n > 1 { // one may have been under way
		t.Errorf("a paused page asked %d times in 1.5 s", n)
	}
	tb.do(chromedp.Click(chromedp.CSS("#pause")))
	<-asked
}

func filterWhileTyping(t *testing.T, browser context.Context) {
	tb := openTab(t, browser, dashboard.Central(nation(1, 1), quick))
	tb.open("/")
	tb.do(chromedp.SendKeys(chromedp.CSS("#q"), "X0123"))
	tb.waitFor(`document.querySelector("#shown").textContent === "1 of 477 ports shown"`)
	tb.is(`document.activeElement.id === "q" && document.activeElement.value === "X0123"`)
	tb.is(`location.search === "?q=X0123"`)
	tb.is(`document.querySelectorAll(".ports tbody tr").length === 1`)
}

func renewWithoutScript(t *testing.T, browser context.Context) {
	tb := openTab(t, browser, dashboard.Central(identDown(), quick))
	tb.do()
	if _, err := chromedp.Call(tb.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	tb.open("/")
	for _, sel := range []string{`noscript meta[http-equiv="refresh"][content="30"]`, `noscript a[href="?still=1"]`, `#pause[hidden]`, `#at-MIA-tpac`} {
		tb.do(chromedp.WaitReady(chromedp.CSS(sel)))
	}
}

func skipLinkAndKeyboard(t *testing.T, browser context.Context) {
	tb := openTab(t, browser, dashboard.Central(identDown(), dashboard.Options{Refresh: time.Hour}))
	tb.size(1366, 768, "light")
	tb.open("/")
	tb.do(chromedp.KeyEvent("\t"))
	tb.is(`document.activeElement.className === "skip" && document.activeElement.getBoundingClientRect().left >= 0`)
	tb.do(chromedp.KeyEvent("\r"))
	tb.waitFor(`location.hash === "#main"`)
	tb.do(chromedp.KeyEvent("\t"))
	tb.is(`document.activeElement.id === "pause" && getComputedStyle(document.activeElement).outlineStyle === "solid"`)
}
