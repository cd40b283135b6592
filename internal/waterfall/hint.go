package waterfall

import (
	"fmt"

	"portolan"
)

// meaning says what a step does in a phase.
func meaning(p portolan.Phase) string {
	switch p {
	case portolan.PhaseNone:
		return "no phase in particular"
	case portolan.PhaseDNS:
		return "resolving the name"
	case portolan.PhaseConnect:
		return "opening the connection"
	case portolan.PhaseTLS:
		return "the TLS handshake"
	case portolan.PhaseRequest:
		return "sending the request"
	case portolan.PhaseWait:
		return "waiting for the first byte of the answer"
	case portolan.PhaseRead:
		return "reading the answer"
	case portolan.PhaseCheck:
		return "checking the answer"
	default:
		return p.String()
	}
}

// Explain says in plain words what an error kind means.
func Explain(k portolan.ErrorKind) string {
	switch k {
	case portolan.KindNone:
		return "nothing went wrong"
	case portolan.KindLate:
		return "the right answer, too late"
	case portolan.KindTimeout:
		return "no end within the hard time-out"
	case portolan.KindResolve:
		return "the name did not resolve"
	case portolan.KindRoute:
		return "no route to the network or host"
	case portolan.KindProxy:
		return "the proxy refused, failed or wants credentials"
	case portolan.KindRefused:
		return "the connection was refused"
	case portolan.KindReset:
		return "the connection was reset"
	case portolan.KindClosed:
		return "the peer closed before the answer was whole"
	case portolan.KindCertificate:
		return "the peer's certificate is expired, not trusted or for another name"
	case portolan.KindHandshake:
		return "the TLS handshake failed"
	case portolan.KindProtocol:
		return "an answer that is not of the protocol's form"
	case portolan.KindStatus:
		return "the system answered with an error"
	case portolan.KindCredential:
		return "the system refused the synthetic user"
	case portolan.KindTooLarge:
		return "an answer over the definition's bound"
	case portolan.KindExtract:
		return "a value that a later step needs was not in the answer"
	case portolan.KindAssertion:
		return "a well-formed answer that is not the expected one"
	case portolan.KindStale:
		return "data older than the definition allows"
	case portolan.KindMonitor:
		return "a fault of this program or computer, not of the system"
	default:
		return k.String()
	}
}

// Hint says what to look at first.
func Hint(s portolan.Symptom) string {
	switch s.Kind {
	case portolan.KindNone:
		return "nothing to do"
	case portolan.KindLate, portolan.KindTimeout:
		return hintLate(s)
	case portolan.KindResolve:
		return "check the host in the endpoint, and this workstation's name servers"
	case portolan.KindRoute:
		return "check this workstation's network and default route; other systems will be out of reach too"
	case portolan.KindProxy:
		return "check the address of the proxy, and whether it lets this workstation through to the endpoint"
	case portolan.KindRefused:
		return "the host is there, but nothing listens at that address: check the endpoint's port, or whether the service is running"
	case portolan.KindReset, portolan.KindClosed:
		return "look for a crashed or restarting service, or a firewall or load balancer that cuts connections"
	case portolan.KindCertificate:
		return "check the certificate's dates and names, and that this workstation trusts its issuer"
	case portolan.KindHandshake:
		return "check that both sides share a TLS version, and that the endpoint speaks TLS at all (https and not http)"
	case portolan.KindProtocol:
		return "something other than the system may be answering: check the endpoint, and portals or proxies on the way"
	case portolan.KindStatus:
		return hintStatus(s)
	case portolan.KindCredential:
		return "check that the synthetic user still exists, is not locked, and may sign on from this workstation"
	case portolan.KindTooLarge:
		return "look at the answer; raise max_bytes in the definition if it is right"
	case portolan.KindExtract:
		return "compare the answer with the extract expressions of the step: the system's interface may have changed"
	case portolan.KindAssertion:
		return "compare the answer with the expect expressions of the step: the system answers, but not as agreed"
	case portolan.KindStale:
		return "find out when the system was last fed, and by whom"
	case portolan.KindMonitor:
		return "check this computer's memory, open files and clock, then report a defect"
	default:
		return "no hint for " + s.Kind.String()
	}
}

// hintLate tells apart where the time went.
func hintLate(s portolan.Symptom) string {
	switch s.Phase {
	case portolan.PhaseDNS:
		return "check this workstation's name servers: they are slow or out of reach"
	case portolan.PhaseConnect:
		return "packets get lost on the way: check the network between here and the endpoint, then firewalls"
	case portolan.PhaseTLS, portolan.PhaseRequest:
		return "the connection stands but stalls: check the network on the way, then the load of the service"
	case portolan.PhaseWait:
		if s.Dependency != "" {
			return fmt.Sprintf("the system took the request and waits: ask about %s first, which this step exercises", s.Dependency)
		}
		return "the system took the request and works on it: look at its load, and at what it waits for"
	case portolan.PhaseRead:
		return "the answer began and then stalled: check the network on the way, and the size of the answer"
	case portolan.PhaseCheck, portolan.PhaseNone:
		if s.Kind == portolan.KindTimeout {
			return "nothing is under way that could still come: compare what came with the definition, then look at this workstation's load"
		}
		return "the time went on this workstation: look at its load"
	default:
		return "no hint for a time-out in " + s.Phase.String()
	}
}

func hintStatus(s portolan.Symptom) string {
	if s.Dependency != "" {
		return fmt.Sprintf("look at the log of the system, and ask about %s first, which this step exercises", s.Dependency)
	}
	return "look at the log of the system, and compare the request with its interface"
}
