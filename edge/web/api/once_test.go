package api_test

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast/domain/authority"
	"holdfast/edge/web/api"
	"holdfast/edge/web/webtest"
)

const ada = `{"name":"Ada","email":"ada@example.org"}`

func TestACallThatComesTwiceIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	p := w.admin().with("Idempotency-Key", "k-1")
	first := p.do("POST", "/invitations", ada).want(201)
	before := w.Records()
	again := p.do("POST", "/invitations", ada).want(201)
	if !bytes.Equal(first.body, again.body) || again.header.Get("Idempotency-Replayed") != "true" || again.header.Get("Content-Type") != "application/json" {
		t.Errorf("first %s, again %s %v", first.body, again.body, again.header)
	}
	if w.Records() != before {
		t.Error("it was done twice")
	}
	p.do("POST", "/invitations", strings.Replace(ada, "Ada", "Eve", 1)).refused(422, "idempotency_key_reused")
	p.do("DELETE", "/people/ada@example.org", "").refused(422, "idempotency_key_reused")
	w.admin().with("Idempotency-Key", "k-1").do("POST", "/invitations", ada).refused(409, "email_taken") // another caller's key
}

func TestARefusalGivesTheKeyBack(t *testing.T) {
	w := newWorld(t)
	p := w.admin().with("Idempotency-Key", "k-1")
	p.do("POST", "/people", `{"name":"Ada","email":"nonsense"}`).refused(400, "email")
	p.do("POST", "/people", `{"name":"Ada"}`).refused(400, "invalid_field")
	p.do("POST", "/people", ada).want(201)
	p.do("POST", "/people", ada).want(201)
}

func TestAKeyLivesADay(t *testing.T) {
	w := newWorld(t)
	_, secret := w.tokenFor(w.root, 72*time.Hour)
	p := w.program(secret).with("Idempotency-Key", "k-1")
	p.do("POST", "/people", ada).want(201)
	w.Pass(24*time.Hour - time.Minute)
	p.do("POST", "/people", ada).want(201)
	w.Pass(2 * time.Minute)
	p.do("POST", "/people", ada).refused(409, "email_taken")
}

func TestOfCallsAtOnceOneIsDone(t *testing.T) {
	w := newWorld(t)
	p := w.admin().with("Idempotency-Key", "k-1")
	const n = 24
	answers := make([]answer, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { answers[i] = p.do("POST", "/invitations", ada) })
	}
	wg.Wait()
	var body []byte
	for _, a := range answers {
		if a.status == 409 {
			a.refused(409, "idempotency_key_in_use")
			continue
		}
		a.want(201)
		if body != nil && !bytes.Equal(body, a.body) {
			t.Errorf("two answers: %s and %s", body, a.body)
		}
		body = a.body
	}
	if body == nil {
		t.Error("nobody was answered")
	}
	if got := p.do("POST", "/invitations", ada).want(201); !bytes.Equal(got.body, body) {
		t.Errorf("got %s, want %s", got.body, body)
	}
}

func TestWhatCameOfACallMayBeUnknown(t *testing.T) {
	w := newWorld(t)
	p := w.admin().with("Idempotency-Key", "k-1")
	var made api.Invited
	p.do("POST", "/invitations", ada).into(201, &made)
	// Erased, nobody is told any more what was said of them.
	w.admin().do("DELETE", "/people/"+made.Person, "").want(200)
	p.do("POST", "/invitations", ada).refused(409, "idempotency_outcome_unknown")
}

func TestKeysThatAreNone(t *testing.T) {
	w := newWorld(t)
	p := w.admin()
	for _, key := range []string{"", "a b", "ä", strings.Repeat("x", 201), "a\x7f"} {
		h := p.with("X", "")
		h.header["Idempotency-Key"] = []string{key}
		h.do("POST", "/people", ada).refused(400, "idempotency_key")
	}
	p.header["Idempotency-Key"] = []string{"a", "b"}
	p.do("POST", "/people", ada).refused(400, "idempotency_key")
}

func TestARequestWithoutAKeyIsNotKept(t *testing.T) {
	w := newWorld(t)
	p := w.program(w.token(w.root, string(authority.PeopleRead)))
	r := httptest.NewRequest("GET", webtest.Origin+"/api/v1/people", nil)
	r.Header.Set("Authorization", "Bearer "+p.token)
	r.Header.Set("Idempotency-Key", "a key on a read is no matter")
	w.serve(r).want(200)
}
