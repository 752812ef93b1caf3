package authorize

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"path"
	"strconv"
	"strings"
	"time"

	"holdfast"
)

// Waiting is an application's request between two visits. It is sealed into
// the address that leads back to it, so that nobody can fill the disk with
// requests: nothing is written before a person who is signed in lets the
// application in, or refuses.
type Waiting struct {
	ID      string          `json:"i"` // spent with the code: one request gives one
	App     holdfast.AppID  `json:"a"`
	Body    json.RawMessage `json:"b"` // opaque here
	Expires time.Time       `json:"x"`
}

// Purpose is what a sealed request is for. One of another purpose does not open.
type Purpose string

const (
	AtAuthorize Purpose = "authorize" // a person signs in or thinks it over
	Pushed      Purpose = "par"       // RFC 9126: an application will send a browser with it
)

const (
	// RequestLife is how long a person may take from an application's request to
	// its code: two ceremonies and a cup of coffee.
	RequestLife = 30 * time.Minute
	// PushedLife is how long an application may take from pushing its request to
	// the browser's arrival (RFC 9126 §2.2 suggests 5 to 600 seconds).
	PushedLife = time.Minute
)

// NewWaiting is a request that comes in now.
func (f *Flow) NewWaiting(app holdfast.AppID, body []byte, life time.Duration) Waiting {
	w := Waiting{App: app, Body: body, Expires: f.Clock().Add(life)}
	b := make([]byte, 16)
	rand.Read(b)
	// Ids of the same time stand together in the store.
	w.ID = strconv.FormatInt(w.Expires.Unix(), 36) + "." + base64.RawURLEncoding.EncodeToString(b)
	return w
}

// maxSealed bounds what is sealed, in characters: it stands in an address, that
// in another one, and that in a sealed ceremony.
const maxSealed = 4000

// Seal gives w's sealed form, or an error when it is too long.
func (f *Flow) Seal(purpose Purpose, w Waiting) (string, error) {
	text, err := json.Marshal(w)
	if err != nil {
		return "", err
	}
	s := base64.RawURLEncoding.EncodeToString(f.aead.Seal(nil, nil, text, []byte(purpose)))
	if len(s) > maxSealed {
		return "", holdfast.Errorf(holdfast.Invalid, "request_too_long", "The request is too long. Send a shorter state.")
	}
	return s, nil
}

// Open is the reverse of Seal. It says neither why something is no request of
// ours nor whether it was answered: that is known when it is spent.
func (f *Flow) Open(purpose Purpose, sealed string) (Waiting, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(sealed) > maxSealed || strings.ContainsAny(sealed, "\r\n") { // which the decoder skips
		return Waiting{}, errNoRequest
	}
	text, err := f.aead.Open(nil, nil, raw, []byte(purpose))
	if err != nil {
		return Waiting{}, errNoRequest
	}
	var w Waiting
	if err := json.Unmarshal(text, &w); err != nil || !f.Clock().Before(w.Expires) {
		return Waiting{}, errNoRequest
	}
	return w, nil
}

var (
	errNoRequest = holdfast.Errorf(holdfast.Expired, "no_such_request",
		"This request took too long, or was not begun here. Go back to the application and start again.")
	// ErrSpent is of a request that was answered before.
	ErrSpent = holdfast.Errorf(holdfast.Expired, "request_spent",
		"This request was answered already. Go back to the application and start again.")
)

// Asking names the application whose request waits at a local path, whose last
// element is the sealed request; it gives nothing where none does.
func (f *Flow) Asking(ctx context.Context, localPath string) string {
	w, err := f.Open(AtAuthorize, path.Base(localPath))
	if err != nil {
		return ""
	}
	app, err := f.App(ctx, w.App)
	if err != nil {
		return ""
	}
	return app.Name
}

// Drop spends a request that was refused: no yes can follow a no.
func (f *Flow) Drop(ctx context.Context, request string) error {
	return f.Store.InTx(ctx, func(tx Tx) error { return f.finish(ctx, tx, request) })
}

func (f *Flow) finish(ctx context.Context, tx Tx, request string) error {
	won, err := tx.Spend(ctx, spaceRequest, request, f.Clock().Add(RequestLife+margin))
	if err == nil && !won {
		err = ErrSpent
	}
	return err
}

// newAEAD takes the 32-byte key that all nodes share.
func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil || len(key) != 32 {
		panic("authorize: internal error: Config.Key has 32 bytes")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("authorize: internal error: " + err.Error())
	}
	return aead
}
