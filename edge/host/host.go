// Package host answers the administrator of the host, over a unix socket in
// the data folder: whoever may open the socket already holds the database and
// the master key, so its file permissions are the credential. Every use is
// recorded as the host's administrator. They have the whole of /api/v1 without
// a token, and beside it what is for the host alone: the set-up link, and the
// log's verification and export. It refuses to answer on any network.
package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sys/unix"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/edge/web/api"
	"holdfast/edge/web/bearer"
	"holdfast/edge/web/visit"
	"holdfast/flow/govern"
)

// SocketName is the socket's file in the data folder.
const SocketName = "holdfast.sock"

// Config is what the host's verbs need.
type Config struct {
	API    http.Handler // /api/v1
	Store  *store.DB
	Govern *govern.Flow
	Clock  holdfast.Clock
	Log    *slog.Logger
	Visits *visit.Visits

	Verifier       note.Verifier // of the audit log
	VerifierKey    string        // the same, in the note format
	CheckpointFile string        // where this node keeps the last checkpoint
}

// Server answers the socket.
type Server struct {
	Config
	mux *http.ServeMux
}

// New makes the server with all verbs.
func New(c Config) *Server {
	s := &Server{Config: c, mux: http.NewServeMux()}
	s.mux.HandleFunc(api.Prefix+"/", func(w http.ResponseWriter, r *http.Request) {
		s.API.ServeHTTP(w, r.WithContext(bearer.Host(r.Context(), peerOf(r.Context()).ID)))
	})
	on(s, "setup/link", func(ctx context.Context, by holdfast.Actor, _ struct{}) (any, error) {
		l, err := s.Govern.SetUp(ctx, by)
		return api.InvitedBy(l), err
	})
	s.audit()
	s.backups()
	return s
}

// Listen opens the socket, readable by its owner only. A socket that a dead
// server left is replaced; that a live one has it was excluded by the lock on
// the data folder.
func (s *Server) Listen(data string) (net.Listener, error) {
	path, err := SocketPath(data)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	return l, os.Chmod(path, 0o600)
}

// maxSocketPath is what the kernel takes: sockaddr_un has 108 bytes.
const maxSocketPath = 107

// SocketPath is an address of the socket in a data folder, however long the
// folder's name. It leaves the folder open for the life of the process where
// it is too long for the kernel.
func SocketPath(data string) (string, error) {
	path := filepath.Join(data, SocketName)
	if len(path) <= maxSocketPath {
		return path, nil
	}
	dir, err := unix.Open(data, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("open the data folder: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir, SocketName), nil
}

// HTTP is the server for Listen's listener.
func (s *Server) HTTP() *http.Server {
	return &http.Server{Handler: s.mux, ReadHeaderTimeout: 5 * time.Second, ConnContext: withPeer,
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug)}
}

// maxBody bounds a verb's input: a batch is sent one by one.
const maxBody = 1 << 20

// on adds POST /<verb>: JSON in, JSON out.
func on[In any](s *Server, verb string, do func(ctx context.Context, by holdfast.Actor, in In) (any, error)) {
	s.mux.HandleFunc("POST /"+verb, func(w http.ResponseWriter, r *http.Request) {
		var in In
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			s.Visits.JSONError(w, r, holdfast.Errorf(holdfast.Invalid, "json", "The input of %s is malformed: %v.", verb, err))
			return
		}
		out, err := do(r.Context(), peerOf(r.Context()), in)
		if err != nil {
			s.Visits.JSONError(w, r, err)
			return
		}
		visit.WriteJSON(w, out)
	})
}

// Do answers a request from this very process, for a host's administrator who
// works while no server runs.
func (s *Server) Do(r *http.Request) (*http.Response, error) {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	pr, pw := io.Pipe()
	w := &piped{header: http.Header{}, body: pw, begun: make(chan int, 1)}
	go func() {
		defer func() {
			if recover() != nil {
				pw.CloseWithError(errors.New("the answer broke off"))
			}
			w.WriteHeader(http.StatusOK)
			pw.Close()
		}()
		s.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), peerKey{}, name)))
	}()
	code := <-w.begun
	return &http.Response{StatusCode: code, Status: http.StatusText(code), Header: w.header, Body: pr, Request: r}, nil
}

// piped is a ResponseWriter whose reader is in the same process.
type piped struct {
	header http.Header
	body   *io.PipeWriter
	begun  chan int
	once   sync.Once
}

func (p *piped) Header() http.Header { return p.header }

func (p *piped) WriteHeader(code int) { p.once.Do(func() { p.begun <- code }) }

func (p *piped) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.body.Write(b)
}
