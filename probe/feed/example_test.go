package feed_test

import (
	"context"
	"fmt"
	"net"
	"time"

	"gopkg.in/yaml.v3"

	"portolan/probe"
	"portolan/probe/feed"
)

// A picture of two radars, one of which was last heard an hour ago.
func Example() {
	picture, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer picture.Close()
	go func() {
		c, err := picture.Accept()
		if err != nil {
			return
		}
		now := time.Now()
		fmt.Fprintf(c, "{\"now\":%q}\n", now.Format(time.RFC3339Nano))
		fmt.Fprintf(c, "{\"sensor\":\"NET-001\",\"time\":%q}\n", now.Format(time.RFC3339Nano))
		fmt.Fprintf(c, "{\"sensor\":\"TARS-001\",\"time\":%q}\n", now.Add(-time.Hour).Format(time.RFC3339Nano))
	}()

	action, faults := feed.Way().Decode(func(into any) error {
		return yaml.Unmarshal([]byte(`
url: tcp://${endpoint}
fields: {source: sensor, clock: now}
sources: 2
sample: {lines: 3}
live: {within: 30s, share: 95%}`), into)
	})
	if len(faults) > 0 {
		fmt.Println(faults)
		return
	}
	result, failures := probe.NewRunner(probe.Options{}).Run(context.Background(), &probe.Transaction{
		System: "amoss", ID: "picture", Timeout: 30 * time.Second, Values: map[string]string{"endpoint": picture.Addr().String()},
		Steps: []probe.Step{{ID: "picture", Dependency: "tars", Action: action}},
	}, 1, 1)
	fmt.Println(result.Outcome, "at", result.Symptom.Step, result.Symptom.Kind, result.Symptom.Dependency)
	fmt.Println(failures[0])
	// Output:
	// failed at picture stale tars
	// check: stale: 1 of 2 sources are live, with an item of the last 30s: want 95%
}
