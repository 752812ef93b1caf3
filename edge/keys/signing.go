package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/signingkey"
)

// Algorithms are the JOSE algorithms that tokens are signed with, the default
// first: every application understands RS256.
var algorithms = []string{"RS256", "ES256"}

// Key is a key that signs tokens.
type Key struct {
	ID        string // kid
	Algorithm string // JOSE alg
	Signer    crypto.Signer
}

// Tx is what Signing needs of a transaction.
type Tx interface {
	SigningKeys(ctx context.Context) ([]signingkey.Record, error)
	Record(ctx context.Context, by audit.By, events ...audit.Event) error
	Wake(topic string)
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Topic is woken when there are other keys.
const Topic = "keys"

var system = holdfast.Actor{Kind: holdfast.ActorSystem}

// Found makes the keys that are missing, one for each algorithm. Several nodes
// that start at once agree on one set: whoever comes second finds the first
// one's.
func (m Master) Found(ctx context.Context, s Store, now time.Time) error {
	missing, err := lacking(ctx, s, now)
	if err != nil || len(missing) == 0 {
		return err
	}
	var fresh []signingkey.Record
	for _, alg := range missing {
		// Outside of any transaction: an RSA key takes long to find.
		k, err := m.make(alg, now, now)
		if err != nil {
			return err
		}
		fresh = append(fresh, k)
	}
	return s.InTx(ctx, func(tx Tx) error {
		all, err := tx.SigningKeys(ctx)
		if err != nil {
			return err
		}
		var events []audit.Event
		for _, k := range fresh {
			if len(signingkey.Standing(all, k.Algorithm, now)) == 0 {
				events = append(events, signingkey.Add(k)...)
			}
		}
		return change(ctx, tx, system, events, now)
	})
}

// lacking lists the algorithms that no key stands for.
func lacking(ctx context.Context, s Store, now time.Time) (missing []string, err error) {
	all, err := list(ctx, s)
	for _, alg := range algorithms {
		if len(signingkey.Standing(all, alg, now)) == 0 {
			missing = append(missing, alg)
		}
	}
	return missing, err
}

func list(ctx context.Context, s Store) (all []signingkey.Record, err error) {
	err = s.InTx(ctx, func(tx Tx) error {
		all, err = tx.SigningKeys(ctx)
		return err
	})
	return all, err
}

func change(ctx context.Context, tx Tx, by holdfast.Actor, events []audit.Event, now time.Time) error {
	if len(events) == 0 {
		return nil
	}
	tx.Wake(Topic)
	return tx.Record(ctx, audit.By{Actor: by, At: now}, events...)
}

// make makes a key that signs from starts on.
func (m Master) make(alg string, starts, now time.Time) (signingkey.Record, error) {
	k := signingkey.Record{ID: holdfast.NewKeyID(), Algorithm: alg, Created: now, Starts: starts}
	var private crypto.Signer
	var err error
	switch alg {
	case "RS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048) // larger ones slow every sign-in down: RFC 7518 §3.3
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		panic("keys: internal error: no algorithm " + alg)
	}
	if err != nil {
		return k, fmt.Errorf("make a %s key: %w", alg, err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return k, fmt.Errorf("encode a %s key: %w", alg, err)
	}
	if k.Public, err = x509.MarshalPKIXPublicKey(private.Public()); err != nil {
		return k, fmt.Errorf("encode a %s key: %w", alg, err)
	}
	k.Wrapped = m.Wrap(string(k.ID), plain)
	return k, nil
}

func (m Master) open(k signingkey.Record) (Key, error) {
	plain, err := m.Unwrap(string(k.ID), k.Wrapped)
	if err != nil {
		return Key{}, err
	}
	private, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return Key{}, fmt.Errorf("open signing key %s: %w", k.ID, err)
	}
	return Key{ID: string(k.ID), Algorithm: k.Algorithm, Signer: private.(crypto.Signer)}, nil
}
