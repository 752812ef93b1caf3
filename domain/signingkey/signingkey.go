// Package signingkey is about the keys that sign tokens for applications: which
// stand, and which are retired but still published. The private half is held
// wrapped; package signingkey refuses to unwrap it.
package signingkey

import (
	"time"

	"holdfast"
	"holdfast/domain/audit"
)

// Record is a signing key.
type Record struct {
	ID        holdfast.KeyID // the JWK's kid
	Algorithm string         // JOSE alg: RS256, ES256
	Public    []byte         // PKIX, DER
	Wrapped   []byte         // PKCS #8, sealed under the master key; kept beside the log
	Created   time.Time
	Retired   time.Time // from then on it signs no more; zero: not known yet
	Starts    time.Time // published since Created, signs from then on; zero: at creation
	Withdrawn time.Time // not even believed any more; zero: never
}

func (*Record) Table() string { return "signing_key" }

func (k *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &k.ID)
	audit.StringColumn(c, "algorithm", &k.Algorithm)
	c.Bytes("public_key", &k.Public)
	c.Bytes("wrapped", &k.Wrapped).AsPersonal()
	c.Time("created", &k.Created)
	c.Time("retired", &k.Retired)
	c.Time("starts", &k.Starts)
	c.Time("withdrawn", &k.Withdrawn)
}

// Add records a new key.
func Add(k Record) []audit.Event {
	return []audit.Event{audit.New("signing_key.added", string(k.ID), "", audit.Set(&k))}
}
