package collector

import (
	"slices"

	"portolan"
	"portolan/collector/projection"
	"portolan/incident"
	"portolan/targets"
)

type mitigationAnswer struct {
	Rows []mitigationRow `json:"rows"`
}

// mitigationRow is the advice for one port and primary system, and what the port recorded of its backups.
type mitigationRow struct {
	incident.Advice
	Recorded []projection.Mitigation `json:"recorded"` // newest last
}

func (c *collector) serveMitigation(r *call) (any, error) {
	ports := r.params.ports()
	if err := r.params.err(); err != nil {
		return nil, err
	}
	return mitigationAnswer{Rows: c.advice(ports, r.now)}, nil
}

// advice returns what ports are advised to do, by port and primary system; all ports if none is named.
func (c *collector) advice(ports []portolan.PortCode, now portolan.Instant) []mitigationRow {
	around := c.around.Load()
	states := map[portolan.PortCode][]projection.PortNow{}
	for _, cell := range projection.PortStates(c.projection.Agents(now, around.config.SendInterval)) {
		if wanted(ports, cell.Port) {
			states[cell.Port] = append(states[cell.Port], cell)
		}
	}
	facts := c.projection.Facts()
	rows := []mitigationRow{}
	for _, p := range around.ports {
		cells := states[p.Code]
		for _, system := range around.catalogue.Systems {
			if len(system.Backups) == 0 || !slices.ContainsFunc(cells, func(cell projection.PortNow) bool { return cell.System == system.ID }) {
				continue
			}
			recorded := recordedAt(facts, p.Code)
			s := standingOf(system, around.catalogue.BackupsAt(p, system), around.catalogue, cells, now)
			s.Port, s.InForce = p.Code, inForce(recorded)
			rows = append(rows, mitigationRow{incident.Advise(&s), recorded})
		}
	}
	return rows
}

// standingOf returns what advice rests on: the states of a primary system, and of its backups that a port has.
func standingOf(primary *targets.System, backups []portolan.SystemID, catalogue *targets.Catalogue, cells []projection.PortNow, now portolan.Instant) incident.Standing {
	offline := func(id portolan.SystemID) bool {
		system := catalogue.System(id)
		return system != nil && system.Offline()
	}
	var seen []incident.Means
	for i := range cells {
		cell := &cells[i]
		seen = append(seen, incident.Means{
			System: cell.System, State: cell.State, Since: cell.Since, Offline: offline(cell.System), Network: cell.Symptom.Network(), DataAge: cell.DataAge,
		})
	}
	means := func(id portolan.SystemID) incident.Means {
		if i := slices.IndexFunc(seen, func(m incident.Means) bool { return m.System == id }); i >= 0 {
			return seen[i]
		}
		return incident.Means{System: id, Offline: offline(id)}
	}
	s := incident.Standing{Primary: means(primary.ID), Now: now, NetworkDown: incident.NetworkDown(seen)}
	for _, id := range backups {
		s.Backups = append(s.Backups, means(id))
	}
	return s
}

func recordedAt(facts *projection.Facts, port portolan.PortCode) []projection.Mitigation {
	recorded := []projection.Mitigation{}
	for _, m := range facts.Mitigations {
		if m.Port == port {
			recorded = append(recorded, m)
		}
	}
	slices.SortStableFunc(recorded, func(a, b projection.Mitigation) int { return a.At.Compare(b.At) })
	return recorded
}

// inForce returns the backup that a port works with, empty for none.
func inForce(recorded []projection.Mitigation) portolan.SystemID {
	if n := len(recorded); n > 0 && recorded[n-1].Mode != projection.PrimaryMode {
		return portolan.SystemID(recorded[n-1].Mode)
	}
	return ""
}
