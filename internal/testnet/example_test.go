package testnet_test

import (
	"fmt"
	"io"
	"net/http"

	"portolan/internal/testnet"
)

// A client and a server talk over the network in memory until it refuses.
func Example() {
	network := testnet.New()
	listener, err := network.Listen("tpac.test:80")
	if err != nil {
		fmt.Println(err)
		return
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "ready")
	}))
	defer listener.Close()

	client := &http.Client{Transport: &http.Transport{DialContext: network.DialContext, DisableKeepAlives: true}}
	ask := func() {
		response, err := client.Get("http://tpac.test/")
		if err != nil {
			fmt.Println("no answer")
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		fmt.Println(string(body))
	}
	ask()
	network.Set("tpac.test:80", testnet.Refusing)
	ask()
	// Output:
	// ready
	// no answer
}
