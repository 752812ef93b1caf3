// Package ceremony is the time between the beginning and the end of a WebAuthn
// ceremony. What must be remembered is sealed and handed to the client, so
// that beginning writes nothing and any node can finish; finishing spends the
// ceremony's id in the transaction that it feeds, so it counts once.
//
// Package ceremony refuses to say why a sealed ceremony does not open: forged,
// for another purpose, or sealed under another key are one answer.
package ceremony

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"holdfast"
	"holdfast/spec/webauthn"
)

// Life is how long a ceremony may take. The door renews a waiting autofill
// ceremony before this.
const Life = 5 * time.Minute

// Kind is what a ceremony is for. A ceremony of one kind never finishes
// another.
type Kind string

const (
	SignIn Kind = "signin"
	Enrol  Kind = "enrol"
)

// Pending is what finishing needs to know of the beginning.
type Pending struct {
	Nonce     []byte    `json:"n"` // names it; spent at the end
	Kind      Kind      `json:"k"`
	Challenge []byte    `json:"c"`
	Expires   time.Time `json:"x"`

	Person  holdfast.PersonID  `json:"p,omitempty"` // whose credential it must be, or for whom one is made
	Named   bool               `json:"m,omitempty"` // sign-in: a name was typed; Person may be nobody's id
	Offered []byte             `json:"o,omitempty"` // sign-in by name: what may answer; see Offer
	Session holdfast.SessionID `json:"s,omitempty"` // the session that began it: a step-up or another passkey
	Ticket  holdfast.TicketID  `json:"t,omitempty"`
	Return  string             `json:"r,omitempty"` // local path to go to afterwards
	Handle  []byte             `json:"h,omitempty"` // user handle of the new credential
	Setup   *Setup             `json:"u,omitempty"`

	// Conditional: mediation is conditional (L3 §5.1.3). It is sealed, so that
	// no page can ask for presence and then claim that it did not.
	Conditional bool `json:"d,omitempty"`
}

// Setup is what the first administrator said of themselves and the organisation.
type Setup struct {
	Organisation string `json:"o"`
	Name         string `json:"n"`
	Email        string `json:"e"`
}

// ID is what is spent. It begins with the end of the ceremony, so that those of
// the same time stand together in the store, and those that are over too.
func (p Pending) ID() string {
	return strconv.FormatInt(p.Expires.Unix(), 36) + "." + base64.RawURLEncoding.EncodeToString(p.Nonce)
}

// short is how much of an id's hash is kept: enough to tell those of one list
// apart. That the credential is the person's is checked all the same.
const short = 8

// Offer notes a credential id of allowCredentials.
func (p *Pending) Offer(id []byte) {
	h := sha256.Sum256(id)
	p.Offered = append(p.Offered, h[:short]...)
}

// Offers says whether id was one of allowCredentials.
func (p Pending) Offers(id []byte) bool {
	h := sha256.Sum256(id)
	for at := range slices.Chunk(p.Offered, short) {
		if bytes.Equal(at, h[:short]) {
			return true
		}
	}
	return false
}

// New is a ceremony that begins now, with a fresh 256-bit challenge.
func New(kind Kind, now time.Time) Pending {
	p := Pending{Kind: kind, Nonce: make([]byte, 16), Challenge: make([]byte, 32), Expires: now.Add(Life)}
	rand.Read(p.Nonce)
	rand.Read(p.Challenge)
	return p
}

// Sealer seals pending ceremonies under a key that all nodes share.
type Sealer struct{ aead cipher.AEAD }

// NewSealer takes a 32-byte key.
func NewSealer(key []byte) (Sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return Sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return Sealer{aead}, err
}

// maxSealed bounds what Open looks at: padded text, nonce and tag, base64url.
const maxSealed = 8192

// block is what sealed ceremonies are padded to, so that their length does not
// tell whether a typed name was found.
const block = 512

// Seal gives the opaque id under which the client brings p back.
func (s Sealer) Seal(p Pending) string {
	text, err := json.Marshal(p)
	if err != nil {
		panic("ceremony: internal error: " + err.Error())
	}
	for len(text)%block != 0 { // JSON allows white space behind
		text = append(text, ' ')
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, text, []byte(p.Kind)))
}

// Open is the reverse of Seal. It refuses what is not of this kind or is over.
func (s Sealer) Open(kind Kind, sealed string, now time.Time) (Pending, error) {
	if len(sealed) > maxSealed {
		return Pending{}, errUnknown
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return Pending{}, errUnknown
	}
	text, err := s.aead.Open(nil, nil, raw, []byte(kind))
	if err != nil {
		return Pending{}, errUnknown
	}
	var p Pending
	if err := json.Unmarshal(text, &p); err != nil {
		return Pending{}, errUnknown
	}
	if !now.Before(p.Expires) {
		return Pending{}, ErrExpired
	}
	return p, nil
}

var (
	errUnknown = holdfast.Errorf(holdfast.Invalid, "ceremony_unknown",
		"This attempt was not begun here, or is damaged. Try again.")
	// ErrExpired is the answer to a ceremony that took more than Life.
	ErrExpired = holdfast.Errorf(holdfast.Expired, "ceremony_expired",
		"This took more than five minutes. Try again.")
	// ErrSpent is the answer to a ceremony that was finished before.
	ErrSpent = holdfast.Errorf(holdfast.Conflict, "ceremony_spent",
		"This attempt was finished already. Try again.")
)

// advice is what a person can do about a step that refuses; there is nothing
// better than another try about most.
func advice(step string) string {
	switch step {
	case "7.1-15", "7.2-16":
		return "Nobody was present at the device: touch it when it asks, then try again."
	case "7.1-16", "7.2-17":
		return "The device did not verify that it is you: set up its PIN, fingerprint or face, then try again."
	}
	return "Try again, or use another device."
}

// Refused turns a refusal of the specification into an error for people: code,
// a sentence of what happened, and one of what to do. Other errors stay.
func Refused(err error, code, sentence string) error {
	step, ok := errors.AsType[*webauthn.StepError](err)
	if !ok {
		return err
	}
	return holdfast.Errorf(holdfast.Denied, code, "%s %s", sentence, advice(step.Step)).At(step.Step, step.Reason)
}
