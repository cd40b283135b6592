package netpath_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"gopkg.in/yaml.v3"

	"portolan/probe"
	"portolan/probe/netpath"
)

// Ten echoes over one connection, of which none is lost.
func Example() {
	far, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer far.Close()
	go func() {
		if c, err := far.Accept(); err == nil {
			_, _ = io.Copy(c, c)
		}
	}()

	action, faults := netpath.Way().Decode(func(into any) error {
		return yaml.Unmarshal([]byte("{to: '${endpoint}', trips: {by: echo, count: 10, every: 10ms}, loss: 1%}"), into)
	})
	if len(faults) > 0 {
		fmt.Println(faults)
		return
	}
	result, _ := probe.NewRunner(probe.Options{}).Run(context.Background(), &probe.Transaction{
		System: "onenet", ID: "circuit", Timeout: 30 * time.Second, Values: map[string]string{"endpoint": far.Addr().String()},
		Steps: []probe.Step{{ID: "echo", Action: action}},
	}, 1, 1)
	lost := result.Steps[0].Measures[0]
	fmt.Println(result.Outcome, lost.Measure, lost.Value)
	// Output:
	// good loss-ratio 0
}
