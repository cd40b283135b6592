package sim

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"portolan"
	"portolan/sim/fault"
	"portolan/sim/screening"
	"portolan/targets"
)

// openFolders makes the folders that systems keep on the workstations: beside the agents' configuration or, without
// one, in a temporary place.
func (s *Simulator) openFolders() error {
	for _, v := range s.services {
		if v.system.Folder == nil || !slices.Contains(s.options.Systems, string(v.system.ID)) {
			continue
		}
		if err := s.placeFolders(); err != nil {
			return err
		}
		for _, origin := range s.stations {
			path := filepath.Join(s.folders, string(origin.Agent), string(v.system.ID))
			if err := os.MkdirAll(path, 0o700); err != nil {
				return fmt.Errorf("make a workstation's folder: %w", err)
			}
			w := way{endpoint: targets.NewEndpointID(v.system.ID, v.system.Folder.Name), target: v.system.ID}
			s.links = append(s.links, &link{way: w, origin: origin, folder: path})
			if err := s.fillFolder(s.links[len(s.links)-1], nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// placeFolders chooses where the folders are.
func (s *Simulator) placeFolders() (err error) {
	switch {
	case s.folders != "":
	case s.options.ConfigDir != "":
		s.folders, err = filepath.Abs(filepath.Join(s.options.ConfigDir, "workstations"))
	default:
		if s.folders, err = os.MkdirTemp("", "portolan-workstations-"); err == nil {
			s.temporary = true
		}
	}
	return err
}

// fillFolder writes a workstation's folder as the faults in force make it.
func (s *Simulator) fillFolder(l *link, active []fault.Fault) error {
	system, _ := systemOf(s.systems(), l.target)
	suffered := func(step portolan.StepID) screening.Suffered { return sufferedAt(l, step, active) }
	files := system.Folder.Files(time.Now(), s.options.LatencyScale, suffered)
	there, err := os.ReadDir(l.folder)
	if err != nil {
		return fmt.Errorf("fill a workstation's folder: %w", err)
	}
	var errs []error
	for _, entry := range there {
		if _, stays := files[entry.Name()]; !stays {
			errs = append(errs, os.Remove(filepath.Join(l.folder, entry.Name())))
		}
	}
	// A program that is being written cannot be started, and a process that begins in this moment would keep it open
	// for writing (golang.org/issue/22315).
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	for name, content := range files {
		path := filepath.Join(l.folder, name)
		errs = append(errs, replaceFile(path, []byte(content)), os.Chmod(path, 0o700))
	}
	return errors.Join(errs...)
}

// sufferedAt is what a step on a workstation's folder suffers. A ratio of errors is all of them: there is one folder.
func sufferedAt(l *link, step portolan.StepID, active []fault.Fault) screening.Suffered {
	suffered := screening.Suffered{Factor: 1}
	for _, f := range active {
		if !f.Where.From(l.origin) || !f.Where.Served(l.target, step, true) {
			continue
		}
		switch f.Effect {
		case fault.Hang:
			suffered.Hang = true
		case fault.Slow:
			suffered.Factor *= f.Factor
		case fault.Error:
			suffered.Failed = true
		case fault.Wrong:
			suffered.Wrong = true
		case fault.Stale:
			suffered.Stale = true
		case fault.EffectUnknown, fault.Outage, fault.Partition, fault.Loss, fault.Asleep, fault.Clock:
			// Of the network or of the workstation: the folder is as it was.
		}
	}
	return suffered
}

// fileURL spells a folder as an endpoint.
func fileURL(path string) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	return u.String()
}
