// Package softkey is a browser and its authenticator in software: it answers
// WebAuthn creation and request options with the JSON that a browser's toJSON
// gives, for tests, benchmarks and scripts. It can be told to misbehave in any
// way that a client, an authenticator or somebody between them could. It
// refuses to share a line of code with the verifier: what it encodes is written
// from the specifications once more, so that both cannot be wrong alike. Its
// keys live in memory and protect nothing.
package softkey

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
)

// Config says what kind of browser and authenticator this is. The zero value
// but for Origin is an honest one: user present and verified, discoverable,
// attestation none, bound to the device, no signature counter.
type Config struct {
	Origin      string // as the browser would write it: "http://localhost:8080"
	CrossOrigin bool   // called from within a frame of another origin
	TopOrigin   string // origin of the top frame, written where not empty

	Alg             Alg      // 0: the first of pubKeyCredParams that is known here
	Format          Format   // "": none
	CA              *CA      // who attests, but for None and PackedSelf; nil: one made on first use
	Serial          []byte   // of this very device, in Packed: enterprise attestation
	Software        bool     // AndroidKey: the key is kept by software
	Parts           []Format // of Compound
	AAGUID          [16]byte // what the authenticator says it is
	NoUP, NoUV      bool     // flags left unset although the user was asked
	BE, BS          bool     // backup eligible, backed up
	NotDiscoverable bool     // a security key of the second-factor kind: no user handle comes back
	PRF             bool     // has the PRF extension
	Transports      []string // nil: internal

	// Count gives the next signature counter from the last; nil: always 0.
	Count func(last uint32) uint32

	// Extensions are written into authData (with the ED flag) where not nil.
	Extensions map[string]any

	// Careless leaves out what a browser checks: that the RP ID belongs to
	// the origin, excludeCredentials, allowCredentials, that a user is
	// verified where that is required.
	Careless bool

	Tamper Tamper
}

// Tamper holds what is changed on the way; nil members change nothing.
type Tamper struct {
	ClientData func([]byte) []byte  // before it is hashed and signed: a lying client
	AuthData   func([]byte) []byte  // before it is signed: a lying authenticator
	Statement  func(map[string]any) // the attestation statement, after signing; of Compound each part
	ClientHash func([]byte) []byte  // as an attestation statement has it: one about another ceremony
	// Structure is changed before it is signed: "pubArea", "certInfo",
	// "keyDescription", "nonce" (apple), "header", "payload" (android-safetynet).
	Structure func(name string, b []byte) []byte
	// Certificate is changed before it is signed: the attestation certificate.
	Certificate func(*x509.Certificate)
	MadeAuth    func([]byte) []byte  // authData of a registration after signing: somebody in between
	Object      func([]byte) []byte  // the encoded attestation object
	Signature   func([]byte) []byte  // of an assertion
	SentClient  func([]byte) []byte  // clientDataJSON after signing: somebody in between
	SentAuth    func([]byte) []byte  // authData of an assertion after signing
	UserHandle  func([]byte) []byte  // of an assertion
	Credential  func(map[string]any) // the whole answer, before it becomes JSON
}

// Credential is one passkey with its private key.
type Credential struct {
	ID         []byte
	RPID       string
	UserHandle []byte
	UserName   string
	Key        *Key
	Count      uint32
	prfSecret  []byte
}

// Authenticator holds credentials. It may be used by several goroutines, but
// Config must not change while it is in use.
type Authenticator struct {
	Config Config

	mu    sync.Mutex // covers creds and each Credential's Count
	creds []*Credential
}

// New makes an authenticator without credentials.
func New(c Config) *Authenticator { return &Authenticator{Config: c} }

// Add puts an existing credential into the authenticator.
func (a *Authenticator) Add(c *Credential) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.creds = append(a.creds, c)
}

// Credentials are those held, oldest first.
func (a *Authenticator) Credentials() []*Credential {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]*Credential(nil), a.creds...)
}

// Error is what a browser would have thrown: its name and a sentence.
type Error struct{ Name, Text string }

func (e *Error) Error() string { return e.Name + ": " + e.Text }

// checkRPID is the browser's rule that the RP ID is the origin's host or a
// registrable parent of it (without the list of public suffixes).
func (a *Authenticator) checkRPID(rpID string) (string, error) {
	u, err := url.Parse(a.Config.Origin)
	if err != nil {
		return "", fmt.Errorf("softkey: origin: %w", err)
	}
	if rpID == "" {
		rpID = u.Hostname()
	}
	if a.Config.Careless || u.Hostname() == rpID || strings.HasSuffix(u.Hostname(), "."+rpID) {
		return rpID, nil
	}
	return "", &Error{"SecurityError", fmt.Sprintf("RP ID %q is no part of %q", rpID, a.Config.Origin)}
}

func (a *Authenticator) checkUV(requirement string) error {
	if requirement == "required" && a.Config.NoUV && !a.Config.Careless {
		return &Error{"NotAllowedError", "user verification is required and this authenticator has none"}
	}
	return nil
}

func (a *Authenticator) find(rpID string, ids [][]byte) *Credential {
	for _, id := range ids {
		for _, c := range a.creds {
			if c.RPID == rpID && bytes.Equal(c.ID, id) {
				return c
			}
		}
	}
	return nil
}

// Holds says whether a credential with one of ids is here for rpID.
func (a *Authenticator) Holds(rpID string, ids ...[]byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.find(rpID, ids) != nil
}

// newest is the discoverable credential that a user would be offered first.
func (a *Authenticator) newest(rpID string) *Credential {
	for i := len(a.creds) - 1; i >= 0; i-- {
		if a.creds[i].RPID == rpID {
			return a.creds[i]
		}
	}
	return nil
}

func (a *Authenticator) transports() []string {
	if a.Config.Transports == nil {
		return []string{"internal"}
	}
	return a.Config.Transports
}

func (a *Authenticator) attachment() string {
	for _, t := range a.transports() {
		if t == "internal" {
			return "platform"
		}
	}
	return "cross-platform"
}

func change(f func([]byte) []byte, b []byte) []byte {
	if f == nil {
		return b
	}
	return f(bytes.Clone(b))
}

func (a *Authenticator) structure(name string, b []byte) []byte {
	if a.Config.Tamper.Structure == nil {
		return b
	}
	return a.Config.Tamper.Structure(name, bytes.Clone(b))
}

// send is the last thing on the way out.
func (a *Authenticator) send(credential map[string]any) ([]byte, error) {
	if a.Config.Tamper.Credential != nil {
		a.Config.Tamper.Credential(credential)
	}
	return json.Marshal(credential)
}
