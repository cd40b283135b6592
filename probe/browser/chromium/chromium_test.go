package chromium

import (
	"bytes"
	"strings"
	"testing"

	"portolan"
)

func TestKindOf_KnowsChromiumsErrors(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		kind  portolan.ErrorKind
		phase portolan.Phase
	}{
		"NAME_NOT_RESOLVED":           {portolan.KindResolve, portolan.PhaseDNS},
		"DNS_TIMED_OUT":               {portolan.KindTimeout, portolan.PhaseDNS},
		"DNS_SERVER_FAILED":           {portolan.KindResolve, portolan.PhaseDNS},
		"CONNECTION_REFUSED":          {portolan.KindRefused, portolan.PhaseConnect},
		"CONNECTION_TIMED_OUT":        {portolan.KindTimeout, portolan.PhaseConnect},
		"ADDRESS_UNREACHABLE":         {portolan.KindRoute, portolan.PhaseConnect},
		"INTERNET_DISCONNECTED":       {portolan.KindRoute, portolan.PhaseConnect},
		"PROXY_CONNECTION_FAILED":     {portolan.KindProxy, portolan.PhaseConnect},
		"TUNNEL_CONNECTION_FAILED":    {portolan.KindProxy, portolan.PhaseConnect},
		"CERT_DATE_INVALID":           {portolan.KindCertificate, portolan.PhaseTLS},
		"SSL_PROTOCOL_ERROR":          {portolan.KindHandshake, portolan.PhaseTLS},
		"CONNECTION_RESET":            {portolan.KindReset, portolan.PhaseWait},
		"EMPTY_RESPONSE":              {portolan.KindClosed, portolan.PhaseWait},
		"INCOMPLETE_CHUNKED_ENCODING": {portolan.KindClosed, portolan.PhaseRead},
		"INVALID_HTTP_RESPONSE":       {portolan.KindProtocol, portolan.PhaseWait},
		"HTTP2_PROTOCOL_ERROR":        {portolan.KindProtocol, portolan.PhaseWait},
		"UNSAFE_PORT":                 {portolan.KindMonitor, portolan.PhaseWait},
		"OUT_OF_MEMORY":               {portolan.KindMonitor, portolan.PhaseWait},
	} {
		if kind, phase := kindOf("net::ERR_"+name, portolan.PhaseWait); kind != want.kind || phase != want.phase {
			t.Errorf("%s: got %v in %v, want %v in %v", name, kind, phase, want.kind, want.phase)
		}
	}
}

func TestServe_AnswersWhatCannotBeDone(t *testing.T) {
	t.Parallel()
	for orders, want := range map[string]string{
		"":                                  "",
		`{}`:                                errBefore.Error(),
		`{"step":{"acts":[]}}`:              errBefore.Error(),
		`{"picture":{}}` + "\n" + `{}`:      errBefore.Error(),
		`{"start":{"profile":"/dev/null"}}`: "make the profile",
	} {
		var out bytes.Buffer
		if err := Serve(t.Context(), strings.NewReader(orders), &out); err != nil {
			t.Errorf("%s: %v", orders, err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: got %s, want %s", orders, out.String(), want)
		}
	}
	for _, orders := range []string{"no JSON", "{}\n[]", strings.Repeat(" ", 1<<20) + "{}"} {
		if err := Serve(t.Context(), strings.NewReader(orders), &bytes.Buffer{}); err == nil {
			t.Errorf("%.20s: got no error", orders)
		}
	}
}
