package dashboard_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// monthlyReport holds the monthly report to what the pages are held to, under the policy that the collector serves it with: it needs no
// script and nothing from elsewhere, reads on a phone, and no column runs off a printed page.
func monthlyReport(t *testing.T, browser context.Context) {
	report, err := os.ReadFile(filepath.Join("..", "report", "testdata", "january.golden.html"))
	if err != nil {
		t.Fatal(err)
	}
	tb := openTab(t, browser, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Write(report)
	}))
	for _, scheme := range []string{"light", "dark"} {
		tb.size(1366, 768, scheme)
		tb.open("/")
		tb.violations(scheme)
	}
	tb.is(`document.querySelectorAll("h2").length >= 14 && document.querySelectorAll("svg").length > 3`)
	tb.is(`[...document.querySelectorAll("svg polyline")].every(e => e.getBoundingClientRect().width > 0)`)
	tb.size(320, 640, "light")
	tb.open("/")
	tb.fits(320)
	tb.size(688, 960, "light") // A4 within its margins; Letter is wider
	if _, err := chromedp.Call(tb.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	tb.fits(688)
}
