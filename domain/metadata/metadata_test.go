package metadata_test

import (
	"crypto/x509"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/metadata"
	"holdfast/spec/mds"
	"holdfast/test/mdsblob"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func blob(t *testing.T, a *mdsblob.Authority, no int64, legal string) ([]byte, *mds.Blob) {
	t.Helper()
	jwt := a.Sign(mdsblob.Blob{No: no, Legal: legal, NextUpdate: noon.AddDate(0, 1, 0)})
	b, err := mds.Parse(jwt, []*x509.Certificate{a.Root}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return jwt, b
}

// 42 -> 43 -> 42 (older), 43 (same), 43 (other bytes), 44
func TestNeverBack(t *testing.T) {
	a := mdsblob.New("test")
	by := holdfast.Actor{Kind: holdfast.ActorHost, ID: "root"}
	var current metadata.Record
	put := func(no int64, legal string) (int, error) {
		t.Helper()
		jwt, b := blob(t, a, no, legal)
		r, events, err := metadata.Import(current, jwt, b, by, "file", noon)
		if err != nil && r.ID != current.ID {
			t.Errorf("%d was refused, and is current", no)
		}
		if err == nil {
			current = r
		}
		if _, _, again := metadata.Import(current, jwt, b, by, "file", noon); err == nil && again != nil {
			t.Errorf("the same again: %v", again)
		}
		return len(events), err
	}
	for _, c := range []struct {
		no     int64
		legal  string
		events int
		code   string
	}{{42, "a", 1, ""}, {43, "a", 1, ""}, {42, "a", 0, "mds_older"}, {43, "b", 0, "mds_older"}, {44, "b", 1, ""}} {
		n, err := put(c.no, c.legal)
		if n != c.events || err != nil && holdfast.CodeOf(err) != c.code || err == nil && c.code != "" {
			t.Errorf("%d %s: %d events, %v", c.no, c.legal, n, err)
		}
	}
	if current.No != 44 {
		t.Errorf("current is %d", current.No)
	}
}

func TestBlobIsTheOneImported(t *testing.T) {
	a := mdsblob.New("test")
	jwt, b := blob(t, a, 7, "")
	r, _, err := metadata.Import(metadata.Record{}, jwt, b, holdfast.Actor{Kind: holdfast.ActorSystem}, "x", noon)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Blob(jwt); err != nil || got.No != 7 {
		t.Errorf("%v, %v", got, err)
	}
	other, _ := blob(t, a, 7, "changed")
	if _, err := r.Blob(other); holdfast.CodeOf(err) != "mds_damaged" {
		t.Errorf("other bytes: %v", err)
	}
}

func TestState(t *testing.T) {
	r := metadata.Record{ID: "x", NextUpdate: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}
	for _, c := range []struct {
		at   time.Time
		want metadata.State
	}{
		{noon, metadata.Current}, {noon.Add(12*time.Hour - 1), metadata.Current}, {noon.Add(12 * time.Hour), metadata.Due},
		{noon.Add(12*time.Hour + metadata.MaxAge - 1), metadata.Due}, {noon.Add(12*time.Hour + metadata.MaxAge), metadata.Overdue},
	} {
		if got := r.State(c.at, metadata.MaxAge); got != c.want {
			t.Errorf("at %v: %s, want %s", c.at, got, c.want)
		}
	}
	if got := (metadata.Record{}).State(noon, metadata.MaxAge); got != metadata.None {
		t.Errorf("none is %s", got)
	}
}
