package uplink_test

import (
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"portolan"
	"portolan/agent/uplink"
)

// life is what happens to an agent in one run of the property: how its requests fare, and when it is killed.
type life struct {
	seed   uint64
	faults []int // by call; behind the last one all is well
	acts   []int // what the agent does, one thing every few seconds
}

func drawLife(t *rapid.T) life {
	return life{
		seed:   rapid.Uint64().Draw(t, "seed"),
		faults: rapid.SliceOfN(rapid.IntRange(0, 9), 0, 30).Draw(t, "faults"),
		acts:   rapid.SliceOfN(rapid.IntRange(0, 9), 1, 25).Draw(t, "acts"),
	}
}

func (l life) fault(call int) fault {
	if call >= len(l.faults) {
		return fault{}
	}
	switch l.faults[call] {
	case 0, 1:
		return fault{lost: true}
	case 2, 3:
		return fault{deaf: true}
	case 4:
		return fault{twice: true}
	case 5:
		return fault{takes: 90 * time.Second, deaf: true}
	case 6:
		return fault{status: http.StatusServiceUnavailable, header: http.Header{"Retry-After": {"7"}}}
	case 7:
		return fault{twice: true, deaf: true}
	default:
		return fault{}
	}
}

// TestUplink_DeliversEveryRecordOnce kills agents at any point, loses, repeats and delays requests and answers,
// and demands that every spooled record arrives once, in batches that form one chain.
func TestUplink_DeliversEveryRecordOnce(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	key := newKey(t)
	rapid.Check(t, func(rt *rapid.T) {
		l := drawLife(rt)
		dir, err := os.MkdirTemp(parent, "spool")
		if err != nil {
			rt.Fatal(err)
		}
		c := newCollector()
		c.fault = l.fault
		o := uplink.Options{
			Client: &http.Client{Transport: c, Timeout: time.Minute}, Signer: key, Rand: mathrand.New(mathrand.NewPCG(l.seed, 0)),
		}
		var last portolan.Seq
		synctest.Test(t, func(*testing.T) { last, err = l.run(dir, o) })
		if err = errors.Join(err, c.complete(last)); err != nil {
			rt.Fatal(err)
		}
	})
}

// run lives the life on a spool in dir, lets all that is left be delivered, and returns the last record's number.
func (l life) run(dir string, o uplink.Options) (portolan.Seq, error) {
	a, err := start(dir, o)
	if err != nil {
		return 0, err
	}
	if a, err = l.act(a, dir, o); err != nil {
		return 0, err
	}
	for minute := 0; a.s.Waiting() > 0; minute++ {
		if minute == 120 {
			return 0, errors.Join(errors.New("records still wait after two hours"), a.kill())
		}
		pass(time.Minute)
	}
	return a.s.Next() - 1, a.kill()
}

// act does what the life has in store, and returns the process that is left.
func (l life) act(a *agent, dir string, o uplink.Options) (*agent, error) {
	var err error
	for _, act := range l.acts {
		switch {
		case act < 5:
			err = a.record(portolan.Good)
		case act == 5:
			err = a.record(portolan.Failed)
			a.u.Notify()
		case act == 6:
			if err = a.kill(); err == nil {
				a, err = start(dir, o)
			}
		case act == 7:
			a.stop()
			<-a.done
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			_ = a.u.Farewell(ctx) // whatever it could not say is in the spool
			cancel()
			if err = a.kill(); err == nil {
				a, err = start(dir, o)
			}
		default:
			pass(40 * time.Second)
		}
		if err != nil {
			return a, err
		}
		pass(time.Duration(act) * 300 * time.Millisecond)
	}
	return a, nil
}

// complete reports whether every record up to the last arrived once, and no batch had two hashes.
func (c *collector) complete(last portolan.Seq) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fork != nil {
		return c.fork
	}
	for _, h := range c.chains {
		for number, v := range h.judged {
			if v.code != "" {
				return fmt.Errorf("batch %d was refused: %s", number, v.code)
			}
		}
	}
	for seq := portolan.Seq(1); seq <= last; seq++ {
		if n := c.counted[seq]; n != 1 {
			return fmt.Errorf("record %d was counted %d times", seq, n)
		}
	}
	return nil
}
