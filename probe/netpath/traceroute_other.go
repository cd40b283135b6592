//go:build !linux

package netpath

import (
	"context"
	"net"
)

func traceroute(context.Context, net.Addr) ([]string, error) { return nil, errNoTrace }
