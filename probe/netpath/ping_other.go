//go:build !linux

package netpath

import (
	"context"
	"net"
	"time"
)

func (t trips) ping(context.Context, net.Addr) ([]time.Duration, error) { return nil, errNoPing }
