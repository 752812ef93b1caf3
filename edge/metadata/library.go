// Package metadata keeps the FIDO metadata that authenticators are judged by:
// it follows the place where they come from, and holds the current BLOB, as all
// nodes have it in the store, in memory. It refuses to drop a BLOB for being
// old, to follow what a BLOB says of addresses, and to take anything that
// flow/govern does not.
package metadata

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"holdfast"
	"holdfast/domain/metadata"
	"holdfast/flow/govern"
	"holdfast/spec/attest"
	"holdfast/spec/mds"
)

// Store is where the current BLOB is.
type Store interface {
	// CurrentMetadata gives the zero Record where none was imported.
	CurrentMetadata(ctx context.Context) (metadata.Record, error)
	MetadataBody(ctx context.Context, id string) ([]byte, error)
}

// Importer is flow/govern.
type Importer interface {
	ImportMetadata(ctx context.Context, by holdfast.Actor, in govern.MetadataImport) (metadata.Record, error)
}

// Settings may change while the server runs.
type Settings struct {
	Source string              // a file, a folder, an https address; empty: imported by hand
	Roots  []*x509.Certificate // beside FIDO's own
	CRLs   []*x509.RevocationList
	MaxAge time.Duration // how long it may be overdue
}

// Config is what a Library is made of.
type Config struct {
	Store  Store
	Import Importer
	Client *http.Client // for an address
	Clock  holdfast.Clock
	Log    *slog.Logger
}

// Library is the metadata as one node knows them. It may be used concurrently.
type Library struct {
	Config
	kick chan struct{} // look at the source now

	mu       sync.Mutex // covers what follows
	settings Settings
	record   metadata.Record
	blob     *mds.Blob // of record; nil: none
	read     time.Time // when the store was asked; zero: ask again
	look     look

	load sync.Mutex // held while a BLOB is read from the store
}

// look is what became of the last look at the source.
type look struct {
	at     time.Time
	failed string // sentence; empty: it went well
	stamp  string // of files, or the ETag of an address, that were dealt with
	source string // to which stamp belongs
}

// New makes a Library.
func New(c Config, s Settings) *Library {
	return &Library{Config: c, settings: s, kick: make(chan struct{}, 1)}
}

// Set takes over new settings, and has the source looked at.
func (l *Library) Set(s Settings) {
	l.mu.Lock()
	l.settings, l.look.stamp = s, ""
	l.mu.Unlock()
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// fresh is how old an answer of Current may be that no wake-up came for.
const fresh = 30 * time.Second

// ErrNone is of an organisation that has no metadata.
var ErrNone = holdfast.Errorf(holdfast.NotFound, "mds_none", "No FIDO metadata were imported. Run holdfast mds import.")

// Current is the current BLOB, or ErrNone. It is as another node made it at
// most half a minute ago, and costs nothing where nothing changed.
func (l *Library) Current(ctx context.Context) (*mds.Blob, error) { return l.current(ctx, fresh) }

// Newest is Current as it stands in the store at this moment.
func (l *Library) Newest(ctx context.Context) (*mds.Blob, error) { return l.current(ctx, 0) }

// Record is what the store says of the current BLOB; the zero Record: none.
func (l *Library) Record(ctx context.Context) (metadata.Record, error) {
	return l.Store.CurrentMetadata(ctx)
}

// Anchors are those of the current BLOB at an instant, for attest.Trust; nil
// where there is none.
func (l *Library) Anchors(ctx context.Context, at time.Time) (func(format string, aaguid [16]byte, leaf *x509.Certificate) []attest.Anchor, error) {
	b, err := l.Current(ctx)
	if errors.Is(err, ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return b.For(at), nil
}

func (l *Library) current(ctx context.Context, age time.Duration) (*mds.Blob, error) {
	blob, known := l.known(age)
	if known {
		return orNone(blob)
	}
	if blob != nil && age > 0 && !l.load.TryLock() {
		return blob, nil // somebody reads the next one: until then this one is good
	} else if blob == nil || age == 0 {
		l.load.Lock()
	}
	defer l.load.Unlock()
	if blob, known = l.known(age); known { // somebody else has read it
		return orNone(blob)
	}
	next, record, err := l.fromStore(ctx)
	if err != nil {
		if blob != nil && age > 0 {
			l.Log.ErrorContext(ctx, "read the metadata; the last ones known stay in force", "error", err)
			return blob, nil
		}
		return nil, err
	}
	l.mu.Lock()
	l.blob, l.record, l.read = next, record, l.Clock()
	l.mu.Unlock()
	return orNone(next)
}

func orNone(b *mds.Blob) (*mds.Blob, error) {
	if b == nil {
		return nil, ErrNone
	}
	return b, nil
}

// known gives what is in memory, and whether it was read less than age ago.
func (l *Library) known(age time.Duration) (*mds.Blob, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.blob, !l.read.IsZero() && l.Clock().Sub(l.read) < age
}

// fromStore reads the current BLOB, unless it is the one in memory.
func (l *Library) fromStore(ctx context.Context) (*mds.Blob, metadata.Record, error) {
	r, err := l.Store.CurrentMetadata(ctx)
	if err != nil || r.ID == "" {
		return nil, r, err
	}
	l.mu.Lock()
	same, blob := l.record.ID == r.ID, l.blob
	l.mu.Unlock()
	if same && blob != nil {
		return blob, r, nil
	}
	body, err := l.Store.MetadataBody(ctx, r.ID)
	if err != nil {
		return nil, r, err
	}
	blob, err = r.Blob(body)
	return blob, r, err
}

// forget makes the next question ask the store.
func (l *Library) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read = time.Time{}
}

// Import verifies a BLOB by the roots of the configuration and FIDO's own, or by
// root alone where one is given, and makes it the current one.
func (l *Library) Import(ctx context.Context, by holdfast.Actor, jwt []byte, root *x509.Certificate, source string) (metadata.Record, error) {
	s := l.now()
	in := govern.MetadataImport{JWT: jwt, Roots: append([]*x509.Certificate{FIDORoot()}, s.Roots...), CRLs: s.CRLs, Source: source}
	if root != nil {
		in.Roots = []*x509.Certificate{root}
	}
	r, err := l.Config.Import.ImportMetadata(ctx, by, in)
	l.forget()
	return r, err
}

func (l *Library) now() Settings {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settings
}

// Status is how the metadata stand.
type Status struct {
	Record  metadata.Record // the zero Record: none
	State   metadata.State
	MaxAge  time.Duration
	Source  string    // followed; empty: imported by hand
	Looked  time.Time // at the source, by this node; zero: never
	Failed  string    // why the last look brought nothing; empty: it went well
	Skipped []mds.Skipped
}

// Status asks the store.
func (l *Library) Status(ctx context.Context) (Status, error) {
	b, err := l.Newest(ctx)
	if err != nil && !errors.Is(err, ErrNone) {
		return Status{}, err
	}
	r, err := l.Record(ctx)
	if err != nil {
		return Status{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Status{Record: r, State: r.State(l.Clock(), l.settings.MaxAge), MaxAge: l.settings.MaxAge, Source: l.settings.Source,
		Looked: l.look.at, Failed: l.look.failed}
	if b != nil {
		s.Skipped = b.Skipped
	}
	return s, nil
}
