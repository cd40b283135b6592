package chromium

import (
	"context"
	"errors"
	"fmt"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"portolan/probe/browser"
)

// mostTries bounds how often a picture is taken anew because the page went on in between.
const mostTries = 3

var (
	errRestless = errors.New("take a picture: the page does not keep still, so nobody can say what is on it")
	errLarge    = fmt.Errorf("take a picture: it has more than %d bytes", browser.MaxPicture)
)

// picture takes a picture of the page, masked: none is better than one that shows what it must not. So it counts only if
// everything that must be blank was blank both before and after it was taken.
func (p *page) picture(order browser.Picture) ([]byte, error) {
	ctx, cancel := context.WithTimeout(p.ctx, order.Within)
	defer cancel()
	masks := question{"mask", order.Mask, p.secrets}
	for range mostTries {
		if _, err := call[int](ctx, p, masks); err != nil {
			return nil, fmt.Errorf("mask the page: %w", err)
		}
		document := p.traffic.documents()
		png, err := chromedp.Call(ctx, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{Format: cdppage.CaptureScreenshotFormatPng})
		if err != nil {
			return nil, fmt.Errorf("take a picture: %w", err)
		}
		fresh, err := call[int](ctx, p, masks)
		if err != nil || fresh > 0 || p.traffic.documents() != document {
			continue
		}
		if len(png.Data) > browser.MaxPicture {
			return nil, errLarge
		}
		return png.Data, nil
	}
	return nil, errRestless
}
