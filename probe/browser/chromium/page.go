package chromium

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"portolan/probe/browser"
)

// page is the one page of a running browser.
type page struct {
	ctx     context.Context // a chromedp context, done when the browser has ended
	close   func()
	frame   cdp.FrameID
	traffic *traffic
	secrets []string // what was typed that no picture may show
}

// window is what an officer's screen has room for.
const windowWidth, windowHeight = 1366, 768

// start starts a browser and returns its page and its name. Beyond ctx, nobody bounds it: the agent does.
func start(ctx context.Context, s browser.Start) (*page, string, error) {
	p := &page{traffic: newTraffic()}
	if err := prefer(s.Profile); err != nil {
		return nil, "", err
	}
	ctx, endBrowser := chromedp.NewExecAllocator(ctx, flags(s)...)
	quiet := log.New(io.Discard, "", 0).Printf
	ctx, endPage := chromedp.NewContext(ctx, chromedp.WithListener(p.event), chromedp.WithErrorf(quiet), chromedp.WithLogf(quiet))
	p.ctx, p.close = ctx, func() {
		endPage()
		endBrowser()
		_ = os.RemoveAll(s.Profile) // whoever gave the folder removes it too, unless it was killed
	}
	version, err := chromedp.CallBrowser(ctx, cdpbrowser.GetVersion, cdp.Empty{})
	if err == nil {
		err = chromedp.Do(ctx) // makes the page
	}
	if err != nil {
		p.close()
		return nil, "", fmt.Errorf("start the browser: %w", err)
	}
	p.frame = cdp.FrameID(chromedp.FromContext(ctx).Target.TargetID) // of a page's main frame they are the same
	p.traffic.watch(p.frame)
	_, err = chromedp.CallBrowser(ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{Behavior: cdpbrowser.SetDownloadBehaviorBehaviorDeny})
	if err != nil {
		p.close()
		return nil, "", fmt.Errorf("forbid downloads: %w", err)
	}
	return p, version.Product, nil
}

// preferences forbid the browser to guess what its user will do next. It would connect to a page's host before it asks
// for the page, and nobody could tell how long connecting took.
const preferences = `{"net": {"network_prediction_options": 2}}`

// prefer writes the preferences into a new profile.
func prefer(profile string) error {
	folder := filepath.Join(profile, "Default")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the profile: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "Preferences"), []byte(preferences), 0o600); err != nil {
		return fmt.Errorf("make the profile: %w", err)
	}
	return nil
}

// flags returns how the browser is started: without a window, without what it does besides showing pages, and
// without anything that outlives the run. chromedp adds --no-sandbox for root, which Chromium asks for.
func flags(s browser.Start) []chromedp.ExecAllocatorOption {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.UserDataDir(s.Profile), chromedp.WindowSize(windowWidth, windowHeight), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true), chromedp.Flag("no-pings", true), chromedp.Flag("dns-prefetch-disable", true),
	)
	if s.Browser != "" {
		options = append(options, chromedp.ExecPath(s.Browser))
	}
	if s.Proxy != "" {
		// Chromium goes around proxies for loopback addresses unless it is told not to.
		return append(options, chromedp.ProxyServer(s.Proxy), chromedp.Flag("proxy-bypass-list", "<-loopback>"))
	}
	return append(options, chromedp.Flag("no-proxy-server", true))
}

// event is told everything that happens in the page, in order. It must not wait for the browser.
func (p *page) event(event any) {
	if _, ok := event.(*cdppage.EventJavascriptDialogOpening); ok {
		// A dialog holds up its page. Its user would say OK.
		go func() {
			_, _ = chromedp.Call(p.ctx, cdppage.HandleJavaScriptDialog, cdppage.HandleJavaScriptDialogParams{Accept: true})
		}()
		return
	}
	p.traffic.event(event)
}

var errNoAnswer = errors.New("the browser does not answer")

// alive returns an error if the browser does not answer in time.
func (p *page) alive(within time.Duration) error {
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	if _, err := chromedp.CallBrowser(ctx, cdpbrowser.GetVersion, cdp.Empty{}); err != nil {
		return errors.Join(errNoAnswer, err)
	}
	return nil
}

//go:embed page.js
var script string

// question is what the page's script is asked.
type question struct {
	Op   string `json:"op"`
	On   any    `json:"on"`   // a selector, or several
	Text any    `json:"text"` // a text or several, or the greatest length of one
}

// call calls the page's script in the document that is there now.
func call[T any](ctx context.Context, p *page, q question) (T, error) {
	world, err := chromedp.Call(ctx, cdppage.CreateIsolatedWorld, cdppage.CreateIsolatedWorldParams{FrameID: p.frame, WorldName: "portolan"})
	if err != nil {
		var none T
		return none, err
	}
	yes := true
	in := func(c *runtime.CallFunctionOnParams) {
		c.ExecutionContextID, c.AwaitPromise = world.ExecutionContextID, &yes
	}
	// One argument that is never empty: the library leaves out an argument that is an empty text or list.
	return chromedp.Run(ctx, chromedp.CallFunctionOn[T](script, in, q))
}

// retryAfter is the pause after a document was replaced while it was being asked.
const retryAfter = 5 * time.Millisecond

// persist is call, again whenever the document is replaced while it is being asked. An exception in the script is
// the definition's fault, and ends it.
func persist[T any](ctx context.Context, p *page, q question) (T, error) {
	for {
		value, err := call[T](ctx, p, q)
		if _, thrown := errors.AsType[*chromedp.ExceptionError](err); err == nil || thrown || ctx.Err() != nil {
			return value, err
		}
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
			return value, ctx.Err()
		}
	}
}
