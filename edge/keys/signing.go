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
}

// Store runs transactions.
type Store interface {
	InTx(ctx context.Context, fn func(Tx) error) error
}

// Signing gives the keys that sign tokens, one for each algorithm, and makes
// those that are missing. Several nodes that start at once agree on one set:
// whoever comes second finds the first one's.
func (m Master) Signing(ctx context.Context, s Store, now time.Time) ([]Key, error) {
	records, err := agree(ctx, s, nil, now)
	if err != nil {
		return nil, err
	}
	fresh := map[string]signingkey.Record{}
	for _, alg := range algorithms {
		if _, ok := records[alg]; ok {
			continue
		}
		// Outside of any transaction: an RSA key takes long to find.
		if fresh[alg], err = m.make(alg, now); err != nil {
			return nil, err
		}
	}
	if len(fresh) > 0 {
		if records, err = agree(ctx, s, fresh, now); err != nil {
			return nil, err
		}
	}
	var keys []Key
	for _, alg := range algorithms {
		k, err := m.open(records[alg])
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// agree gives the keys that stand, by algorithm, after adding those of fresh
// whose algorithm has none.
func agree(ctx context.Context, s Store, fresh map[string]signingkey.Record, now time.Time) (map[string]signingkey.Record, error) {
	records := map[string]signingkey.Record{}
	err := s.InTx(ctx, func(tx Tx) error {
		clear(records)
		have, err := tx.SigningKeys(ctx)
		if err != nil {
			return err
		}
		for _, k := range have {
			if k.Retired.IsZero() {
				records[k.Algorithm] = k
			}
		}
		var events []audit.Event
		for alg, k := range fresh {
			if _, ok := records[alg]; !ok {
				records[alg] = k
				events = append(events, signingkey.Add(k)...)
			}
		}
		if len(events) == 0 {
			return nil
		}
		return tx.Record(ctx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: now}, events...)
	})
	return records, err
}

func (m Master) make(alg string, now time.Time) (signingkey.Record, error) {
	k := signingkey.Record{ID: holdfast.NewKeyID(), Algorithm: alg, Created: now}
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
