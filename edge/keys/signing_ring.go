package keys

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"sync"
	"time"

	"holdfast"
	"holdfast/domain/signingkey"
)

// Public is what applications verify tokens by.
type Public struct {
	ID        string // kid
	Algorithm string // JOSE alg
	Key       crypto.PublicKey
}

// Source is where a Ring reads signing keys.
type Source interface {
	SigningKeys(ctx context.Context) ([]signingkey.Record, error)
}

const (
	ringAge   = 30 * time.Second // at most so old is what a Ring says
	ringPause = time.Second      // between looking for keys that are not there
)

// Ring is the deployment's signing keys as one node knows them. It reads them
// again every half minute, when it is woken, and when it is asked for a key
// that it does not know, so that all nodes follow a rotation without a restart;
// in between it opens no key twice. It may be used concurrently.
type Ring struct {
	master Master
	source Source
	clock  holdfast.Clock

	mu     sync.Mutex // covers what follows
	read   time.Time
	all    []signingkey.Record
	opened map[holdfast.KeyID]Key
}

// NewRing reads from s, which Found has filled.
func NewRing(m Master, s Source, clock holdfast.Clock) *Ring {
	return &Ring{master: m, source: s, clock: clock, opened: map[holdfast.KeyID]Key{}}
}

// Check says whether there is a key for each algorithm and it opens: another
// master key is found at the start, not at the first sign-in.
func (r *Ring) Check(ctx context.Context) error {
	for _, alg := range algorithms {
		if _, err := r.Signing(ctx, alg); err != nil {
			return err
		}
	}
	return nil
}

// Follow reads the keys again when woken, until ctx ends.
func (r *Ring) Follow(ctx context.Context, wakes <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-wakes:
			r.forget()
		}
	}
}

// forget makes the next question read.
func (r *Ring) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = time.Time{}
}

// records gives what was read less than age ago. Where the store does not
// answer, old keys are better than none.
func (r *Ring) records(ctx context.Context, age time.Duration) ([]signingkey.Record, time.Time, error) {
	now := r.clock()
	if now.Sub(r.read) >= age || r.all == nil {
		all, err := r.source.SigningKeys(ctx)
		if err != nil && r.all == nil {
			return nil, now, err
		}
		if err == nil {
			r.all, r.read = all, now
		}
	}
	return r.all, now, nil
}

// Signing gives the key that signs with alg now.
func (r *Ring) Signing(ctx context.Context, alg string) (Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, now, err := r.records(ctx, ringAge)
	if err != nil {
		return Key{}, err
	}
	var last *signingkey.Record
	for _, k := range signingkey.Standing(all, alg, now) {
		if k.State(now) == signingkey.Signing {
			last = &k
		}
	}
	if last == nil {
		return Key{}, fmt.Errorf("there is no key for %s", alg)
	}
	if k, ok := r.opened[last.ID]; ok {
		return k, nil
	}
	k, err := r.master.open(*last)
	if err == nil {
		r.opened[last.ID] = k
	}
	return k, err
}

// Published gives what applications verify by, now and soon.
func (r *Ring) Published(ctx context.Context) ([]Public, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, now, err := r.records(ctx, ringAge)
	if err != nil {
		return nil, err
	}
	var out []Public
	for _, k := range all {
		if !k.State(now).Published() {
			continue
		}
		key, err := x509.ParsePKIXPublicKey(k.Public)
		if err != nil {
			return nil, fmt.Errorf("read signing key %s: %w", k.ID, err)
		}
		out = append(out, Public{string(k.ID), k.Algorithm, key})
	}
	return out, nil
}

// Find gives the key of a token of ours that comes back, also one that is not
// published any more.
func (r *Ring) Find(ctx context.Context, kid, alg string) (crypto.PublicKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, age := range []time.Duration{ringAge, ringPause} {
		all, now, err := r.records(ctx, age)
		if err != nil {
			return nil, err
		}
		for _, k := range all {
			if string(k.ID) == kid && k.Algorithm == alg && k.State(now).Believed() {
				return x509.ParsePKIXPublicKey(k.Public)
			}
		}
	}
	return nil, errNoKey
}

var errNoKey = holdfast.Errorf(holdfast.NotFound, "no_such_key", "The token is signed by a key that is not ours, or not any more.")
