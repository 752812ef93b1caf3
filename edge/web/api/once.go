package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"holdfast"
	"holdfast/edge/store"
	"holdfast/edge/web/bearer"
)

// A program that loses an answer sends the call again, with the same
// Idempotency-Key. What was done is not done again: the answer is kept for a
// day, sealed, and given again.

const (
	keyHeader = "Idempotency-Key"
	keyMax    = 200
	keptFor   = 24 * time.Hour
	// leaseFor is beyond what any call takes; the server's write timeout is less.
	leaseFor = 2 * time.Minute
)

func idempotencyParameter() *huma.Param {
	most := keyMax
	return &huma.Param{Name: keyHeader, In: "header", Schema: &huma.Schema{Type: "string", MaxLength: &most},
		Description: "Chosen by the caller, fresh for each thing to be done. The same call again with the same key within 24 hours is answered as the first was, and done once."}
}

var (
	errKey      = holdfast.Errorf(holdfast.Invalid, "idempotency_key", "An Idempotency-Key has 1 to %d printable ASCII characters, without spaces.", keyMax)
	errKeyBusy  = holdfast.Errorf(holdfast.Conflict, "idempotency_key_in_use", "The first call with this Idempotency-Key is still under way. Send it again in a moment.")
	errKeyFate  = holdfast.Errorf(holdfast.Conflict, "idempotency_outcome_unknown", "What came of the first call with this Idempotency-Key is not known any more. Look whether it was done; if not, send it with another key.")
	errKeyOther = holdfast.Errorf(holdfast.Invalid, "idempotency_key_reused", "This Idempotency-Key was used for another call. Use a new one for each thing that is to be done.")
)

// kept is an answer as it is kept.
type kept struct {
	Header http.Header `json:"header,omitempty"`
	Body   []byte      `json:"body"`
}

// once lets do answer, or gives again what it answered before.
func (a *API) once(w http.ResponseWriter, r *http.Request, body []byte, do http.HandlerFunc) {
	keys := r.Header.Values(keyHeader)
	if r.Method == http.MethodGet || r.Method == http.MethodHead || len(keys) == 0 {
		do(w, r)
		return
	}
	if len(keys) > 1 || !keyGood(keys[0]) {
		a.refuse(w, r, errKey)
		return
	}
	now := a.Clock()
	c := store.Call{ID: callID(bearer.Of(r.Context()).Actor, keys[0]), Request: requestHash(r, body),
		Lease: now.Add(leaseFor), Until: now.Add(keptFor)}
	mine, was, err := a.Store.ClaimCall(r.Context(), c, now)
	switch {
	case err != nil:
		a.refuse(w, r, err)
	case !mine:
		a.again(w, r, c, was)
	default:
		a.first(w, r, c, do)
	}
}

// first carries a call out and keeps what is answered. A refusal has changed
// nothing, and gives the key back. A node that dies here leaves the claim: it
// is not known then what came of it, and that is what is said.
func (a *API) first(w http.ResponseWriter, r *http.Request, c store.Call, do http.HandlerFunc) {
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	do(rec, r)
	done := context.WithoutCancel(r.Context())
	var err error
	switch {
	case rec.status < 300:
		var answer []byte
		if answer, err = json.Marshal(kept{lasting(rec.header), rec.body.Bytes()}); err == nil {
			err = a.Store.KeepAnswer(done, c.ID, rec.status, answer, spokenOf(rec.body.Bytes()))
		}
	case rec.status < 500:
		err = a.Store.FreeCall(done, c.ID)
	case !bytes.Contains(rec.body.Bytes(), []byte(`"store_outcome_unknown"`)) && rec.status == http.StatusServiceUnavailable:
		err = a.Store.FreeCall(done, c.ID)
	}
	if err != nil {
		a.Log.ErrorContext(done, "keep the answer of a call", "call", c.ID, "error", err)
	}
	for name, values := range rec.header {
		w.Header()[name] = values
	}
	w.WriteHeader(rec.status)
	w.Write(rec.body.Bytes())
}

func (a *API) again(w http.ResponseWriter, r *http.Request, c store.Call, was store.Outcome) {
	switch {
	case was.Request != c.Request:
		// 422 as draft-ietf-httpapi-idempotency-key-header §2.7 has it.
		p := a.problem(r, errKeyOther)
		p.Status, p.Title = http.StatusUnprocessableEntity, http.StatusText(http.StatusUnprocessableEntity)
		w.Header().Set("Content-Type", p.ContentType(""))
		w.WriteHeader(p.Status)
		json.NewEncoder(w).Encode(p.Problem)
		return
	case was.Busy:
		w.Header().Set("Retry-After", "1")
		a.refuse(w, r, errKeyBusy)
		return
	case was.Status == 0:
		a.refuse(w, r, errKeyFate)
		return
	}
	var k kept
	if err := json.Unmarshal(was.Answer, &k); err != nil {
		a.refuse(w, r, err)
		return
	}
	for name, values := range k.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(was.Status)
	w.Write(k.Body)
}

func keyGood(s string) bool {
	return len(s) > 0 && len(s) <= keyMax && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func callID(by holdfast.Actor, key string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s", by.Kind, by.ID, key))
	return hex.EncodeToString(sum[:])
}

func requestHash(r *http.Request, body []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// lasting are the headers that belong to an answer.
func lasting(h http.Header) http.Header {
	out := http.Header{}
	for _, name := range []string{"Content-Type", "Location"} {
		if v := h.Values(name); len(v) > 0 {
			out[name] = v
		}
	}
	return out
}

var personID = regexp.MustCompile(`\bper_[0-9a-z]{20}\b`)

// spokenOf are the people whose ids an answer holds.
func spokenOf(body []byte) []string {
	found := personID.FindAllString(string(body), -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	wrote  bool
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.wrote = true
	return r.body.Write(b)
}
