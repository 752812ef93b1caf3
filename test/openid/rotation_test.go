package openid

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"holdfast"
	"holdfast/domain/signingkey"
	"holdfast/edge/keys"
	"holdfast/edge/store"
)

// Keys that may have been stolen are withdrawn by a fourth process: all nodes
// follow without a restart, and an application signs people in with new ones.
func TestNodesFollowAWithdrawal(t *testing.T) {
	t.Parallel()
	p := cluster(t)
	a := p.app()
	old := kid(t, p.signIn(a, Q{}).ID)

	master, err := keys.Load(filepath.Join(filepath.Dir(p.host.Config), "master.key"), false)
	if err != nil {
		t.Fatal(err)
	}
	signer, verifier, _, err := master.Log("localhost/holdfast-audit")
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Config{Postgres: p.host.DSN, Signer: signer, Verifier: verifier})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	made, err := master.Withdraw(t.Context(), store.Port[keys.Tx]{DB: db}, holdfast.Actor{Kind: holdfast.ActorHost, ID: "test"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range p.nodes {
		forgotten(t, "http://"+n.Listen, p.issuer, old)
	}
	again := p.app()
	for range 2 * len(p.nodes) {
		if got := kid(t, p.signIn(again, Q{}).ID); !contains(made, got) {
			t.Errorf("signed by %s", got)
		}
	}
	p.host.CLI(t, nil, "audit", "verify")
}

// forgotten waits until a node does not publish a key any more: at once where
// the news of it arrive, in half a minute where they are lost.
func forgotten(t *testing.T, node, issuer, kid string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 45*time.Second)
	defer stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, node+"/jwks", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = issuer[len("http://"):]
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("the key is published for ever: %v", err)
		}
		var set jose.JSONWebKeySet
		err = json.NewDecoder(answer.Body).Decode(&set)
		answer.Body.Close()
		if err != nil || len(set.Keys) == 0 {
			t.Fatalf("%s: %v, %d keys", answer.Status, err, len(set.Keys))
		}
		if len(set.Key(kid)) == 0 {
			return
		}
	}
}

func kid(t *testing.T, token string) string {
	t.Helper()
	s, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	return s.Signatures[0].Header.KeyID
}

func contains(all []signingkey.Record, kid string) bool {
	for _, k := range all {
		if string(k.ID) == kid {
			return true
		}
	}
	return false
}
