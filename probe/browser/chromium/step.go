package chromium

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"portolan"
	"portolan/probe/browser"
)

// perform does what a user does in a step, up to the first act that fails, and looks at what is there then.
func (p *page) perform(ctx context.Context, task browser.Task) *browser.Seen {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	p.traffic.begin(fail)
	defer p.traffic.begin(nil)
	var seen browser.Seen
	for _, act := range task.Acts {
		begun := time.Now()
		err := p.act(ctx, act)
		seen.Took = append(seen.Took, time.Since(begun))
		if err != nil {
			seen.Failure = p.troubleOf(ctx, string(act.Verb)+" "+act.On, err)
			break
		}
	}
	seen.Phases, seen.Bytes = p.traffic.measured(time.Now())
	if seen.Failure == nil {
		p.look(ctx, task.Look, &seen)
	}
	return &seen
}

// act does one thing. It returns when a user would see that it is done.
func (p *page) act(ctx context.Context, act browser.Act) error {
	if act.Secret {
		p.secrets = append(p.secrets, act.Text)
	}
	switch act.Verb {
	case browser.Open:
		return p.open(ctx, act.On)
	case browser.Fill:
		return p.fill(ctx, act.On, act.Text)
	case browser.Choose:
		if _, err := persist[bool](ctx, p, question{"choose", act.On, act.Text}); err != nil {
			return err
		}
		return p.follow(ctx)
	case browser.Click:
		return p.click(ctx, act.On)
	case browser.Wait, browser.Gone:
		_, err := persist[chromedp.Void](ctx, p, question{string(act.Verb), act.On, act.Text})
		return err
	default:
		return fmt.Errorf("nobody can %q", act.Verb)
	}
}

// open opens an address, until its document is there. What goes wrong, the traffic tells.
func (p *page) open(ctx context.Context, address string) error {
	got, err := chromedp.Call(ctx, cdppage.Navigate, cdppage.NavigateParams{URL: address})
	if err != nil {
		return err
	}
	if err := p.traffic.settle(ctx); err != nil {
		return err
	}
	if got.ErrorText != "" {
		return fmt.Errorf("load the page: %s", got.ErrorText)
	}
	return nil
}

// fill types text at once: how fast somebody types is no part of how fast a system is.
func (p *page) fill(ctx context.Context, on, text string) error {
	if _, err := persist[bool](ctx, p, question{Op: "focus", On: on}); err != nil {
		return err
	}
	if text == "" {
		return chromedp.Do(ctx, chromedp.KeyEvent("\b"))
	}
	_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
	return err
}

// point is a place in the window, in CSS pixels.
type point struct{ X, Y float64 }

func (p *page) click(ctx context.Context, on string) error {
	at, err := persist[point](ctx, p, question{Op: "middle", On: on})
	if err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y), chromedp.MouseClickXY(at.X, at.Y)); err != nil {
		return err
	}
	return p.follow(ctx)
}

// follow waits for the document that an act leads to. Whether it leads to one shows when the page has painted again:
// until then the browser has told of it.
func (p *page) follow(ctx context.Context) error {
	if _, err := persist[chromedp.Void](ctx, p, question{Op: "painted"}); err != nil {
		return err
	}
	return p.traffic.settle(ctx)
}

// look tells what is on the page. A document that cannot be asked in time is one that a user cannot read.
func (p *page) look(ctx context.Context, selectors []string, seen *browser.Seen) {
	begun := time.Now()
	defer func() { seen.Phases[portolan.PhaseCheck] += time.Since(begun) }()
	found, err := persist[browser.Seen](ctx, p, question{"look", selectors, browser.MaxText / 4}) // letters have at most four bytes
	if err != nil {
		seen.Failure = p.troubleOf(ctx, "look at the page", err)
		return
	}
	seen.URL, seen.Title, seen.Found = found.URL, found.Title, found.Found
	if !p.traffic.loaded() {
		return
	}
	if paint, err := call[*float64](ctx, p, question{Op: "paint"}); err == nil && paint != nil {
		took := milliseconds(*paint)
		seen.LargestPaint = &took
	}
}
