// Package pgtest runs PostgreSQL servers of a test's own: real ones, from Debian's package, in a temporary folder, on a
// Unix socket.
//
// Start at Start. PostgreSQL refuses to run as root, so where the tests are root it runs as the user postgres. The
// package ends only what it started.
package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options says how a server runs; a zero field means the default beside it.
type Options struct {
	// Durable has the server sync what it commits, as it must where durability is the subject; off otherwise, for speed.
	Durable bool
	// Settings are further lines of postgresql.conf, name = value.
	Settings []string
}

// Server is a running server.
type Server struct {
	// Socket is the folder of the server's socket.
	Socket string
	// Data is the folder of its data.
	Data    string
	bin     string
	folder  string
	process *exec.Cmd
	log     bytes.Buffer
}

// Port is what every server's socket is named after.
const Port = 5432

// Start starts a server with an empty database named postgres, and returns when it answers.
func Start(o Options) (*Server, error) {
	s, err := newServer()
	if err != nil {
		return nil, err
	}
	if err := s.run("initdb", "-D", s.Data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-locale", "--no-sync"); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	settings := append([]string{
		"max_connections = 200", "shared_buffers = 64MB", "max_wal_senders = 4", "log_min_messages = warning",
	}, o.Settings...)
	if !o.Durable {
		settings = append(settings, "fsync = off", "full_page_writes = off")
	}
	if err := s.configure(settings); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	if err := s.Run(); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// Standby starts a server that follows s, from a copy of it.
func (s *Server) Standby(settings ...string) (*Server, error) {
	standby, err := newServer()
	if err != nil {
		return nil, err
	}
	err = standby.run("pg_basebackup", "-D", standby.Data, "-h", s.Socket, "-U", "postgres", "-R", "-X", "stream", "-c", "fast")
	if err == nil {
		err = standby.configure(settings)
	}
	if err == nil {
		err = standby.Run()
	}
	if err != nil {
		return nil, errors.Join(err, standby.Remove())
	}
	return standby, nil
}

// Set changes a setting of the running server.
func (s *Server) Set(setting string) error {
	if err := s.configure([]string{setting}); err != nil {
		return err
	}
	return s.run("pg_ctl", "reload", "-D", s.Data)
}

// Promote makes a standby the primary.
func (s *Server) Promote() error { return s.run("pg_ctl", "promote", "-D", s.Data, "-w", "-t", "30") }

func newServer() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "pg") // a short name: sockets have at most 107 letters
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, folder: folder, Socket: filepath.Join(folder, "s"), Data: filepath.Join(folder, "d")}
	for _, dir := range []string{s.Socket, s.Data} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, errors.Join(err, s.Remove())
		}
	}
	return s, give(s.folder, s.Socket, s.Data)
}

// binaries returns the folder of the newest server that is installed.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", errors.Join(err, errors.New("no PostgreSQL server is installed: install Debian's package postgresql (scripts/setup.sh does)"))
	}
	slices.SortFunc(found, func(a, b string) int { return len(b) - len(a) + strings.Compare(b, a) })
	return filepath.Dir(found[0]), nil
}

func (s *Server) configure(settings []string) error {
	lines := append([]string{fmt.Sprintf("unix_socket_directories = '%s'", s.Socket), "listen_addresses = ''"}, settings...)
	f, err := os.OpenFile(filepath.Join(s.Data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	return errors.Join(err, f.Close())
}

// run runs one of the server's programs to its end.
func (s *Server) run(program string, args ...string) error {
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.folder
	asServer(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, out)
	}
	return nil
}

// startTime bounds how long a server may take to answer.
const startTime = 60 * time.Second

// Run starts the server again after Kill or Stop, and returns when it answers.
func (s *Server) Run() error {
	s.log.Reset()
	s.process = exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.Data)
	s.process.Dir = s.folder
	s.process.Stdout, s.process.Stderr = &s.log, &s.log
	asServer(s.process)
	if err := s.process.Start(); err != nil {
		return err
	}
	deadline := time.Now().Add(startTime)
	for s.run("pg_isready", "-q", "-h", s.Socket) != nil {
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("PostgreSQL does not answer: %s", s.log.String()), s.Stop())
		}
	}
	return nil
}

// Stop shuts the server down, without waiting for its clients to leave.
func (s *Server) Stop() error { return s.end(os.Interrupt) }

// Kill ends the server at once, as a crash does.
func (s *Server) Kill() error { return s.end(os.Kill) }

func (s *Server) end(signal os.Signal) error {
	if s.process == nil {
		return nil
	}
	err := s.process.Process.Signal(signal)
	_ = s.process.Wait() // it ends by the signal
	s.process = nil
	return err
}

// Remove stops the server and removes its folder.
func (s *Server) Remove() error { return errors.Join(s.Stop(), os.RemoveAll(s.folder)) }

// URL returns the URL of a database.
func (s *Server) URL(database string) string { return URL(database, s) }

// URL returns the URL of a database of several servers: whichever takes writes.
func URL(database string, servers ...*Server) string {
	var hosts, ports []string
	for _, s := range servers {
		hosts, ports = append(hosts, s.Socket), append(ports, fmt.Sprint(Port))
	}
	url := fmt.Sprintf("host=%s port=%s user=postgres dbname=%s", strings.Join(hosts, ","), strings.Join(ports, ","), database)
	if len(servers) > 1 {
		url += " target_session_attrs=read-write"
	}
	return url
}

// Create makes an empty database.
func (s *Server) Create(database string) error {
	return s.run("createdb", "-h", s.Socket, "-U", "postgres", database)
}
