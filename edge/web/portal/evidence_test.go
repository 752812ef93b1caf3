package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"holdfast/domain/audit"
	"holdfast/domain/evidence"
	"holdfast/domain/task"
)

// Only what a verified attestation says is shown as proven to its owner.
func TestPasskeysSayWhatIsProven(t *testing.T) {
	w := open(t)
	ada := w.Member("Ada Lovelace", "ada@example.org")
	b := w.SignIn(ada)
	wantText(t, b.Get("/me/passkeys"), http.StatusOK, "Synced: copies of it may be on your other devices.")
	key := w.Passkey(ada, "Blue key")
	key.BE, key.BS = false, false
	w.Record(audit.New("credential.enrolled", string(key.ID), ada.ID, audit.Set(&key)))
	wantText(t, b.Get("/me/passkeys"), http.StatusOK, "this device only, not proven", "Nothing proves that")
	judge := func(hardware bool) {
		w.Record(evidence.Judged(evidence.Judgement{}, evidence.Judgement{ID: key.ID, Person: ada.ID, Kind: "verified", Anchors: []string{"mds:1"},
			AAGUIDProven: true, HardwareProtected: hardware, At: w.Now()})...)
	}
	judge(false)
	wantText(t, b.Get("/me/passkeys"), http.StatusOK, "It is proven that this passkey cannot leave its device.")
	judge(true)
	wantText(t, b.Get("/me/passkeys"), http.StatusOK, "This key’s hardware is proven, and the passkey cannot leave it.")
}

func TestAReplacementIsABanner(t *testing.T) {
	w := open(t)
	ada := w.Member("Ada Lovelace", "ada@example.org")
	b := w.SignIn(ada)
	key := w.Passkey(ada, "Blue key")
	due, events := task.New(ada.ID, key.ID, task.Status, "REVOKED", w.Now().Add(240*time.Hour), w.Now())
	w.Record(events...)
	for _, path := range []string{"/", "/me/passkeys"} {
		wantText(t, b.Get(path), http.StatusOK, "“Blue key” works until", "12 Nov 2026", "warns of this model", "Add another one before then")
	}
	_, done, err := task.Finish(due, "task.done", w.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.Record(done...)
	if a := b.Get("/"); a.Status != http.StatusOK || len(a.Body) == 0 || strings.Contains(a.Body, "Blue key” works until") {
		t.Error("what is done is still asked for")
	}
	_, events = task.New(ada.ID, key.ID, task.LastWay, "segment:x", time.Time{}, w.Now())
	w.Record(events...)
	wantText(t, b.Get("/"), http.StatusOK, "Add a passkey to replace “Blue key”", "your only way in")
}
