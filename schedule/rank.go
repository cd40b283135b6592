package schedule

import (
	"crypto/sha256"
	"encoding/binary"

	"portolan"
)

// Rank returns an agent's place in the order in which agents keep their full rate when a system is backed off from:
// a hash, so that agent and collector know it without a list, another one for each system.
func Rank(agent portolan.AgentID, system portolan.SystemID) uint32 {
	sum := sha256.Sum256([]byte("back-off " + string(agent) + " " + string(system)))
	return binary.BigEndian.Uint32(sum[:4])
}
