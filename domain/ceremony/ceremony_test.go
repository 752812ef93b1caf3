package ceremony

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func sealer(t testing.TB, key byte) Sealer {
	s, err := NewSealer(bytes.Repeat([]byte{key}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOpenIsTheReverseOfSeal(t *testing.T) {
	p := New(Enrol, noon)
	p.Person, p.Session, p.Ticket, p.Return, p.Handle = "per_a", "ses_b", "tic_c", "/x", []byte("handle")
	p.Setup = &Setup{"Harbour", "Root", "root@harbour.example"}
	got, err := sealer(t, 1).Open(Enrol, sealer(t, 1).Seal(p), noon)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, got); diff != "" {
		t.Error(diff)
	}
}

func TestOpenRefuses(t *testing.T) {
	s := sealer(t, 1)
	sealed := s.Seal(New(SignIn, noon))
	code := func(err error) string { return holdfast.CodeOf(err) }

	if _, err := s.Open(Enrol, sealed, noon); code(err) != "ceremony_unknown" {
		t.Errorf("another kind: %v", err)
	}
	if _, err := sealer(t, 2).Open(SignIn, sealed, noon); code(err) != "ceremony_unknown" {
		t.Errorf("another key: %v", err)
	}
	if _, err := s.Open(SignIn, sealed, noon.Add(Life)); code(err) != "ceremony_expired" {
		t.Errorf("too late: %v", err)
	}
	if _, err := s.Open(SignIn, sealed, noon.Add(Life-1)); err != nil {
		t.Errorf("just in time: %v", err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(sealed)
	for i := range raw {
		raw[i] ^= 1
		if _, err := s.Open(SignIn, base64.RawURLEncoding.EncodeToString(raw), noon); code(err) != "ceremony_unknown" {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		raw[i] ^= 1
	}
}

func FuzzOpen(f *testing.F) {
	s := sealer(f, 1)
	f.Add(s.Seal(New(SignIn, noon)))
	f.Add("")
	f.Fuzz(func(t *testing.T, sealed string) {
		if p, err := s.Open(SignIn, sealed, noon); err == nil && len(p.Challenge) != 32 {
			t.Errorf("opened %q", sealed)
		}
	})
}
