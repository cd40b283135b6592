package projection

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"time"

	"portolan"
	"portolan/collector/ledger"
)

// Held is what stands for what was derived from evidence that is removed: hashes of the hours, latencies and roll-ups of a
// span, as they were then. It is part of a signed stub.
type Held struct {
	From time.Time `json:"from"` // whole hours
	To   time.Time `json:"to"`
	At   time.Time `json:"at"` // rows that links changed later are not in the hashes
	// Hours holds a hash for the rows of each port, Open those rows that were left out since their series may yet settle more of
	// their hours.
	Hours     map[portolan.PortCode]string `json:"hours"`
	Open      []string                     `json:"open,omitempty"`
	Latencies string                       `json:"latencies"`
	Rollups   map[string]string            `json:"rollups"` // by unit
}

// Hold returns what stands for all that is stored of a span of whole hours.
func Hold(v ledger.View, span portolan.Span, at portolan.Instant) (*Held, error) {
	h := &Held{From: span.From.Time(), To: span.To.Time(), At: at.Time()}
	states, err := v.AllSeries("")
	if err != nil {
		return nil, err
	}
	for _, stored := range states {
		state, _, err := decodeState(stored)
		if err != nil {
			return nil, fmt.Errorf("read state of %s: %w", stored.Series, err)
		}
		if from := state.looseFrom(); span.Contains(from) {
			for hour := from.Hour(); hour < span.To; hour = hour.Add(time.Hour) {
				if _, ok, err := v.Hour(stored.Series, hour); err != nil {
					return nil, err
				} else if ok {
					h.Open = append(h.Open, rowName(stored.Series, hour))
				}
			}
		}
	}
	slices.Sort(h.Open)
	return h, h.sum(v)
}

func rowName(name portolan.Series, hour portolan.Instant) string {
	return fmt.Sprintf("%s %s", name, hour)
}

// sum makes the hashes.
func (h *Held) sum(v ledger.View) error {
	span := portolan.Span{From: portolan.InstantOf(h.From), To: portolan.InstantOf(h.To)}
	hours, latencies, rollups := map[portolan.PortCode]hash.Hash{}, sha256.New(), map[string]hash.Hash{}
	for day := range pieces(span) {
		rows, err := v.Hours(ledger.HourFilter{Span: day})
		if err != nil {
			return err
		}
		for i := range rows {
			h.sumRow(hours, &rows[i])
		}
		for _, steps := range []bool{false, true} {
			sketches, err := v.Sketches(ledger.SketchFilter{Span: day, Steps: steps})
			if err != nil {
				return err
			}
			for _, s := range sketches {
				put(latencies, fmt.Sprint(s.Key.Hour, s.Key.Port, s.Key.System, s.Key.Transaction, s.Key.Step), s.Body)
			}
		}
		made, err := v.Rollups(ledger.RollupFilter{Span: day})
		if err != nil {
			return err
		}
		for _, r := range made {
			put(of(rollups, r.Key.Unit), fmt.Sprint(r.Key), r.Body)
		}
	}
	h.Hours, h.Rollups, h.Latencies = hexSums(hours), hexSums(rollups), hex.EncodeToString(latencies.Sum(nil))
	return nil
}

func (h *Held) sumRow(hours map[portolan.PortCode]hash.Hash, r *ledger.HourRow) {
	name := rowName(r.Series, r.Hour)
	if _, open := slices.BinarySearch(h.Open, name); open || r.ChangedAt > portolan.InstantOf(h.At) {
		return
	}
	put(of(hours, r.Series.Agent.Port()), name, r.Body)
}

// put adds a named body to a hash, each with its length.
func put(to hash.Hash, name string, body []byte) {
	for _, part := range [][]byte{[]byte(name), body} {
		to.Write(binary.AppendUvarint(nil, uint64(len(part))))
		to.Write(part)
	}
}

func of[K comparable](all map[K]hash.Hash, key K) hash.Hash {
	if all[key] == nil {
		all[key] = sha256.New()
	}
	return all[key]
}

func hexSums[K comparable](all map[K]hash.Hash) map[K]string {
	made := make(map[K]string, len(all))
	for key, h := range all {
		made[key] = hex.EncodeToString(h.Sum(nil))
	}
	return made
}

// Differences names what is stored and is not what the stub stands for. Roll-ups that were made again since, because a share
// in a system changed, are remade: true, and no difference where the hours that they are made of hold.
func (h *Held) Differences(v ledger.View) (found []string, remade bool, err error) {
	now := &Held{From: h.From, To: h.To, At: h.At, Open: h.Open}
	if err := now.sum(v); err != nil {
		return nil, false, err
	}
	span := fmt.Sprintf("from %s to %s", h.From.Format(time.RFC3339), h.To.Format(time.RFC3339))
	ports := maps.Clone(h.Hours)
	maps.Copy(ports, now.Hours)
	for _, port := range slices.Sorted(maps.Keys(ports)) {
		if h.Hours[port] != now.Hours[port] {
			found = append(found, fmt.Sprintf("hours of port %s %s are not those that their stub stands for", port, span))
		}
	}
	if h.Latencies != now.Latencies {
		found = append(found, fmt.Sprintf("latencies %s are not those that their stub stands for", span))
	}
	for unit, was := range h.Rollups { // a later release may have others besides
		remade = remade || now.Rollups[unit] != was
	}
	return found, remade, nil
}
