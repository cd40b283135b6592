package screening

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"portolan"
)

// picture is what one viewer is sent.
type picture struct {
	radar   radar
	sensors []int // those that were subscribed to
	tracks  []int // theirs
	next    int   // how many updates were sent

	silent       map[portolan.SystemID]bool
	wrong, stale bool
}

func (r radar) picture(pattern string) *picture {
	p := &picture{radar: r}
	for i, s := range r.sensors {
		if matches(pattern, s.name) {
			p.sensors = append(p.sensors, i)
		}
	}
	for track, i := range r.tracks {
		if matches(pattern, r.sensors[i].name) {
			p.tracks = append(p.tracks, track)
		}
	}
	return p
}

func sensorName(prefix string, n int) string { return fmt.Sprintf("%s-%03d", prefix, n) }

// greet tells the picture's own time, and the newest track of each sensor.
func (p *picture) greet(to viewer) error {
	now := time.Now()
	hello := map[string]any{"feed": "amoss", "now": now.UTC(), "sensors": len(p.sensors), "tracks": len(p.tracks)}
	if err := to.sendJSON(hello); err != nil {
		return err
	}
	newest := map[int]int{}
	for _, track := range p.tracks {
		newest[p.radar.tracks[track]] = track
	}
	for _, i := range p.sensors {
		if err := to.send(p.track(newest[i], now)); err != nil {
			return err
		}
	}
	return to.flush()
}

// sweep sends the updates of a while.
func (p *picture) sweep(ctx context.Context, to viewer) error {
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	begun, before := time.Now(), p.next
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-ticker.C:
			took := now.Sub(begun)
			if took > lookEvery {
				return nil
			}
			for due := before + int(took*time.Duration(len(p.tracks))/revolution); p.next < due; p.next++ {
				if err := to.send(p.update(now)); err != nil {
					return err
				}
			}
			if err := to.flush(); err != nil {
				return err
			}
		}
	}
}

// stride is by how many tracks an update is ahead of the one before, so that all sensors turn at once. It has
// no factor in common with any number of tracks here.
const stride = 7919

// update returns the next track to be seen again, unless its sensor is silent: a sign of life then.
func (p *picture) update(now time.Time) []byte {
	track := p.tracks[p.next*stride%len(p.tracks)]
	if p.silent[p.radar.sensors[p.radar.tracks[track]].via] {
		return []byte("{}")
	}
	return p.track(track, now)
}

// track returns a track as it is sent. Where it is is made up, the same each time.
func (p *picture) track(track int, now time.Time) []byte {
	s := p.radar.sensors[p.radar.tracks[track]]
	seen := now.Add(-time.Duration(200+track*37%1800) * time.Millisecond)
	switch {
	case p.wrong:
		seen = seen.Add(24 * time.Hour)
	case p.stale || p.silent[s.via]:
		seen = stopped(now)
	}
	return fmt.Appendf(make([]byte, 0, 160), `{"track":"T%05d","sensor":%q,"time":%q,"lat":%.4f,"lon":%.4f,"altitude":%d,"speed":%d}`,
		track, s.name, seen.UTC().Format(time.RFC3339Nano), 24+float64(track%9973)/800, -118+float64(track%7907)/200, track*311%12_000, 60+track*17%400)
}

// stopped returns when data that no longer age forward are from: the full hour before the last, which is
// older than anybody accepts, from the fault's first moment on.
func stopped(now time.Time) time.Time { return now.Truncate(time.Hour).Add(-time.Hour) }

// plotsPath is where AMOSS asks a network for the plots of its sensors.
const plotsPath = "/plots/v1/links"

type plotsAnswer struct {
	Heard bool `json:"heard"`
}

// plots is the route by which sensors are heard over a system.
func plots(median time.Duration) Route {
	return Route{"plots", "POST " + plotsPath, median, func(*Call) (Answer, error) {
		return Answer{http.StatusOK, plotsAnswer{true}}, nil
	}, falsify(func(a *plotsAnswer) { a.Heard = false })}
}
