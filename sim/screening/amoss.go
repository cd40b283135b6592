package screening

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"portolan"
)

// radar is AMOSS: it puts the plots of 700 sensors together to a picture of 50,000 tracks, and sends the
// picture to whoever subscribes. Sensors reach it over other networks: those of one that AMOSS cannot hear
// stay in the picture as they were, and grow old.
type radar struct {
	sensors []sensor
	tracks  []int // the sensor of each track
}

// sensor is one radar, by name and by the network that it is heard over.
type sensor struct {
	name string
	via  portolan.SystemID // empty: AMOSS's own
}

// The picture's numbers. How sensors and tracks are shared out among the networks is made up; the aerostat
// radars have few sensors with many tracks each.
const (
	ownSensors, onenetSensors, rticSensors, aerostats = 192, 300, 200, 8
	allSensors                                        = ownSensors + onenetSensors + rticSensors + aerostats
	allTracks                                         = 50_000
	aerostatTracks                                    = 300
)

func newRadar() radar {
	r := radar{}
	const others = allSensors - aerostats
	tracks := allTracks - aerostats*aerostatTracks
	for _, g := range []struct {
		prefix string
		count  int
		via    portolan.SystemID
	}{{"CTR", ownSensors, ""}, {"NET", onenetSensors, "onenet"}, {"REM", rticSensors, "rtic"}, {"TARS", aerostats, "tars"}} {
		for i := range g.count {
			n := len(r.sensors)
			each := tracks/others + min(1, max(0, tracks%others-n)) // what is left over goes to the first
			if g.prefix == "TARS" {
				each = aerostatTracks
			}
			r.sensors = append(r.sensors, sensor{sensorName(g.prefix, i+1), g.via})
			for range each {
				r.tracks = append(r.tracks, n)
			}
		}
	}
	return r
}

func amoss() System {
	r := newRadar()
	return System{
		ID:    "amoss",
		Title: "Air and Marine Operations Surveillance System",
		Uses:  []portolan.SystemID{"onenet", "rtic", "tars"},
		Ages:  true,
		Routes: []Route{
			{"web-picture", "GET /amoss/v1/tracks", 60 * time.Millisecond, r.openSocket, unchanged},
		},
		Doors: []Door{{Name: "tcp", Steps: []portolan.StepID{"picture", "network-sensors", "remote-sensors", "aerostat"}, Serve: r.openLines}},
	}
}

// unchanged is for a route whose answer is right, and what follows it may be false.
func unchanged(a Answer) Answer { return a }

// subscription is what a viewer asks for first.
type subscription struct {
	Subscribe string `json:"subscribe"` // tracks
	Sensors   string `json:"sensors"`   // a pattern of names: *, TARS-*
}

const mostSubscription = 4 << 10

func readSubscription(message []byte) (subscription, error) {
	var s subscription
	if err := json.Unmarshal(message, &s); err != nil {
		return s, refuse(http.StatusBadRequest, "malformed", "want a subscription: %v", err)
	}
	if _, err := path.Match(s.Sensors, ""); err != nil || s.Subscribe != "tracks" || s.Sensors == "" {
		return s, refuse(http.StatusUnprocessableEntity, "incomplete", `want {"subscribe": "tracks", "sensors": "*"}`)
	}
	return s, nil
}

// step is the one at the door that a subscription is made in.
func (s subscription) step() portolan.StepID {
	switch s.Sensors {
	case "NET-*":
		return "network-sensors"
	case "REM-*":
		return "remote-sensors"
	case "TARS-*":
		return "aerostat"
	default:
		return "picture"
	}
}

// openLines holds a conversation in lines.
func (r radar) openLines(v *Visit) {
	line, err := bufio.NewReader(io.LimitReader(v.Conn, mostSubscription)).ReadBytes('\n')
	if err != nil {
		return
	}
	lines := bufio.NewWriter(v.Conn)
	out := viewer{
		send:  func(message []byte) error { _, err := lines.Write(append(message, '\n')); return err },
		flush: lines.Flush,
	}
	s, err := readSubscription(line)
	v.step = s.step()
	r.serve(&v.errand, s, err, out)
}

// openSocket holds a conversation in the messages of a WebSocket.
func (r radar) openSocket(c *Call) (Answer, error) {
	return Answer{http.StatusSwitchingProtocols, Conversation(func(ctx context.Context, conn *websocket.Conn) {
		conn.SetReadLimit(mostSubscription)
		_, message, err := conn.Read(ctx)
		if err != nil {
			return
		}
		e := c.errand
		e.ctx = conn.CloseRead(ctx) // done when the viewer leaves
		s, err := readSubscription(message)
		r.serve(&e, s, err, viewer{
			send:  func(message []byte) error { return conn.Write(e.ctx, websocket.MessageText, message) },
			flush: func() error { return nil },
		})
	})}, nil
}

// viewer is whoever the picture is sent to.
type viewer struct {
	send  func(message []byte) error
	flush func() error
}

func (v viewer) sendJSON(message any) error {
	text, err := json.Marshal(message)
	if err == nil {
		err = v.send(text)
	}
	return errors.Join(err, v.flush())
}

// The rhythm of the picture.
const (
	lookTime   = 100 * time.Millisecond // what AMOSS itself takes to put the picture together
	lookEvery  = 5 * time.Second        // how often it looks which sensors it hears
	upstream   = 2 * time.Second        // how long it listens for them
	pulse      = 50 * time.Millisecond  // how often it sends
	revolution = 12 * time.Second       // how often each track is seen again
)

// serve sends the picture until the viewer leaves, or says why not.
func (r radar) serve(e *errand, s subscription, refused error, to viewer) {
	p := r.picture(s.Sensors)
	for first := true; ; first = false {
		var silent map[portolan.SystemID]bool
		found, err := trouble{}, refused
		if err == nil {
			e.Now = time.Now()
			found, err = e.perform(lookTime, func() error { silent = r.listen(e, s.Sensors); return nil })
		}
		var refusal *Refusal
		if errors.As(err, &refusal) {
			_ = to.sendJSON(map[string]any{"error": map[string]string{"code": refusal.Code, "message": refusal.Message}})
		}
		if err != nil {
			return
		}
		p.silent, p.wrong, p.stale = silent, found.wrong, found.stale
		if first {
			err = p.greet(to)
		}
		if err != nil || p.sweep(e.Context(), to) != nil {
			return
		}
	}
}

// listen returns the networks over which no sensor can be heard now, of those that the pattern needs.
func (r radar) listen(e *errand, pattern string) map[portolan.SystemID]bool {
	ctx, cancel := context.WithTimeout(e.ctx, upstream)
	defer cancel()
	var (
		asking sync.WaitGroup
		mu     sync.Mutex
		silent = map[portolan.SystemID]bool{}
	)
	for _, via := range r.networks(pattern) {
		asking.Go(func() {
			asked := *e
			asked.ctx = ctx
			var heard plotsAnswer
			err := asked.AskJSON(via, plotsPath, struct{}{}, &heard)
			mu.Lock()
			defer mu.Unlock()
			silent[via] = err != nil || !heard.Heard
		})
	}
	asking.Wait()
	return silent
}

// networks returns the systems over which the sensors of a pattern are heard.
func (r radar) networks(pattern string) (all []portolan.SystemID) {
	for _, s := range r.sensors {
		if s.via != "" && matches(pattern, s.name) && !slices.Contains(all, s.via) {
			all = append(all, s.via)
		}
	}
	return all
}

func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name) // the pattern was checked
	return ok
}
