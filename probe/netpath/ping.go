package netpath

import "errors"

// errNoPing says that pings cannot be sent here. Every operating system has its own ping: it sends the trips'
// echo requests to an address, and returns how long each took that was answered in time.
var errNoPing = errors.New("this system does not let everybody send pings")
