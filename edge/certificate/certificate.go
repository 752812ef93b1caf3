// Package certificate serves a TLS certificate from two files and follows them
// as they change: whatever renews certificates writes files, and nobody should
// have to restart a server for it.
//
// It refuses to give up a certificate that works for one that does not: files
// that do not belong together, are over, or are for another name change
// nothing.
package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"holdfast"
)

// lookEvery is how often handshakes look whether the files have changed.
const lookEvery = time.Minute

// Files is a certificate in files. It may be used concurrently.
type Files struct {
	name  string // that the certificate must be for
	clock holdfast.Clock
	log   *slog.Logger

	now    atomic.Pointer[tls.Certificate]
	looked atomic.Int64 // Unix seconds of the last look

	mu        sync.Mutex // one at a time reads files; locks what follows
	cert, key string
	seen      string // what the files looked like when they were last read
}

// Open reads the files. name is the origin's host. A certificate that is over
// or for another name is taken at first, and said in the log: some server is
// better than none.
func Open(cert, key, name string, clock holdfast.Clock, log *slog.Logger) (*Files, error) {
	f := &Files{name: name, clock: clock, log: log, cert: cert, key: key}
	seen, err := look(cert, key)
	if err != nil {
		return nil, err
	}
	c, err := read(cert, key)
	if err != nil {
		return nil, err
	}
	if err := Fits(c.Leaf, name, clock()); err != nil {
		log.Warn("the TLS certificate will be refused by browsers", "error", err)
	}
	f.now.Store(c)
	f.seen = seen
	f.looked.Store(clock().Unix())
	return f, nil
}

// Get is tls.Config's GetCertificate.
func (f *Files) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	last, now := f.looked.Load(), f.clock().Unix()
	if now-last >= int64(lookEvery/time.Second) && f.looked.CompareAndSwap(last, now) {
		f.follow(hello.Context())
	}
	return f.now.Load(), nil
}

// follow reads the files again if they changed.
func (f *Files) follow(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen, err := look(f.cert, f.key)
	if err == nil && seen == f.seen {
		return
	}
	if err == nil {
		err = f.take(f.cert, f.key, seen)
	}
	if err != nil {
		f.log.ErrorContext(ctx, "the TLS certificate has changed and is of no use; the old one stays", "error", err)
		return
	}
	f.log.InfoContext(ctx, "the TLS certificate has changed", "ends", f.Leaf().NotAfter)
}

// Reload reads the files, which may have other names now, whether or not they
// changed. After an error everything is as it was.
func (f *Files) Reload(cert, key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen, err := look(cert, key)
	if err != nil {
		return err
	}
	return f.take(cert, key, seen)
}

// take needs the lock.
func (f *Files) take(cert, key, seen string) error {
	c, err := read(cert, key)
	if err != nil {
		return err
	}
	if err := Fits(c.Leaf, f.name, f.clock()); err != nil {
		return err
	}
	f.now.Store(c)
	f.cert, f.key, f.seen = cert, key, seen
	return nil
}

// Leaf is the certificate that is served.
func (f *Files) Leaf() *x509.Certificate { return f.now.Load().Leaf }

// Fits says why a browser would refuse a certificate for name at now, leaving
// out who signed it: that is for each client to judge.
func Fits(leaf *x509.Certificate, name string, now time.Time) error {
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate ended on %s", leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("the certificate begins on %s only", leaf.NotBefore.UTC().Format(time.DateTime))
	}
	return leaf.VerifyHostname(name)
}

func read(cert, key string) (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return &c, nil
}

// look tells one content of the files from another without reading it. What is
// renamed into place has another inode, what is written over another time.
func look(paths ...string) (string, error) {
	seen := ""
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return "", fmt.Errorf("tls: %w", err)
		}
		seen += fmt.Sprintf("%d %d %d\n", inode(info), info.Size(), info.ModTime().UnixNano())
	}
	return seen, nil
}

// Leaf reads the first certificate of a file.
func Leaf(path string) (*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("tls: %s begins with no certificate in PEM", path)
	}
	return x509.ParseCertificate(block.Bytes)
}
