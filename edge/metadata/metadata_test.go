package metadata_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast"
	domain "holdfast/domain/metadata"
	"holdfast/domain/verdict/verdicttest"
	"holdfast/edge/metadata"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/flow/govern"
	"holdfast/spec/mds"
	"holdfast/test/mdsblob"
)

var (
	system = holdfast.Actor{Kind: holdfast.ActorSystem}
	model  = [16]byte{0xd8, 0x52, 0x2d, 0x9f, 1}
)

// node is a library over a store.
type node struct {
	*metadata.Library
	t   *testing.T
	db  *store.DB
	now time.Time
	log *lines
}

// lines is what was logged.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(b))
	return len(b), nil
}

func (l *lines) with(words string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if strings.Contains(line, words) {
			n++
		}
	}
	return n
}

func newNode(t *testing.T, client *http.Client, s metadata.Settings) *node {
	return nodeOn(t, storetest.SQLite(t).Open(t), client, s)
}

func nodeOn(t *testing.T, db *store.DB, client *http.Client, s metadata.Settings) *node {
	t.Helper()
	n := &node{t: t, db: db, now: storetest.Now(), log: &lines{}}
	clock := func() time.Time { return n.now }
	if s.MaxAge == 0 {
		s.MaxAge = domain.MaxAge
	}
	n.Library = metadata.New(metadata.Config{Store: db, Import: govern.New(store.Port[govern.Tx]{DB: db}, clock, "https://id.example.org", verdicttest.Fresh(t)),
		Client: client, Clock: clock, Log: slog.New(slog.NewTextHandler(n.log, nil))}, s)
	return n
}

// number is that of the current BLOB; 0: there is none.
func (n *node) number() int64 {
	n.t.Helper()
	b, err := n.Newest(n.t.Context())
	if errors.Is(err, metadata.ErrNone) {
		return 0
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return b.No
}

func sign(a *mdsblob.Authority, no int64, statuses ...string) []byte {
	return a.Sign(mdsblob.Blob{No: no, NextUpdate: storetest.Now().AddDate(0, 1, 0), Entries: []mdsblob.Entry{mdsblob.Certified(model, a.Root, statuses...)}})
}

func trusting(a *mdsblob.Authority) metadata.Settings {
	return metadata.Settings{Roots: []*x509.Certificate{a.Root}}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheRootOfFIDO(t *testing.T) {
	r := metadata.FIDORoot()
	if got := mds.Fingerprint(r); got != "cbb522d7b7f127ad6a0113865bdf1cd4102e7d0759af635a7cf4720dc963c53b" || mds.NameUnder(r) != mds.FIDOName {
		t.Errorf("%s, names %q", got, mds.NameUnder(r))
	}
}

// What is wrong with a BLOB is said by its code, and what was current stays.
func TestImportRefuses(t *testing.T) {
	a, stranger := mdsblob.New("test"), mdsblob.New("stranger")
	n := newNode(t, nil, trusting(a))
	ctx := t.Context()
	put := func(jwt []byte, root *x509.Certificate) error {
		_, err := n.Import(ctx, system, jwt, root, "test")
		return err
	}
	if _, err := n.Current(ctx); !errors.Is(err, metadata.ErrNone) {
		t.Errorf("before the first: %v", err)
	}
	good := sign(a, 42, "FIDO_CERTIFIED_L2")
	if err := put(good, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		jwt        []byte
	}{
		{"older", "mds_older", sign(a, 41)},
		{"the same number, other bytes", "mds_older", sign(a, 42, "REVOKED")},
		{"another root", "mds_root", sign(stranger, 43)},
		{"cut off", "mds_truncated", sign(a, 43)[:900]},
		{"unsigned", "mds_unsigned", []byte("eyJhbGciOiJub25lIn0.e30.")},
	} {
		if err := put(c.jwt, nil); holdfast.CodeOf(err) != c.want || n.number() != 42 {
			t.Errorf("%s: %v, current is %d", c.name, err, n.number())
		}
	}
	if err := put(good, nil); err != nil {
		t.Errorf("the same again: %v", err)
	}
	leaves, err := n.db.Tail(ctx, store.Filter{Type: string(domain.Imported), Limit: 10})
	if err != nil || len(leaves) != 1 {
		t.Errorf("%d events of one import, %v", len(leaves), err)
	}
	if err := put(sign(stranger, 43), stranger.Root); err != nil || n.number() != 43 {
		t.Errorf("under a root that was given: %v", err)
	}
	if err := put(sign(a, 44), stranger.Root); holdfast.CodeOf(err) != "mds_root" {
		t.Errorf("a root that is given stands alone: %v", err)
	}
	nobody := holdfast.Actor{Kind: holdfast.ActorNobody}
	if _, err := n.Import(ctx, nobody, sign(a, 44), nil, ""); holdfast.KindOf(err) != holdfast.Denied {
		t.Errorf("anybody imports: %v", err)
	}
}

// n1 imports -> n2 hears of it by the wake-up alone -> a restart finds it
func TestOtherNodes(t *testing.T) {
	a := mdsblob.New("test")
	n1 := newNode(t, nil, trusting(a))
	n2 := nodeOn(t, n1.db, nil, metadata.Settings{}) // trusts nobody by itself: the record says who did
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { n2.Follow(ctx, n1.db.Wakes(ctx, store.MetadataTopic)) })
	defer done.Wait()
	defer stop()
	for no := int64(1); no < 4; no++ {
		if _, err := n1.Import(ctx, system, sign(a, no), nil, ""); err != nil {
			t.Fatal(err)
		}
		if b, err := n1.Current(ctx); err != nil || b.No != no {
			t.Errorf("who imported %d has %+v, %v", no, b, err)
		}
		deadline := time.Now().Add(10 * time.Second)
		for {
			b, err := n2.Current(ctx)
			if err == nil && b.No == no {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the other node did not hear of %d: %v", no, err)
			}
		}
	}
	for1, err := n2.Anchors(ctx, n2.now)
	if err != nil || len(for1("packed", model, a.Root)) != 1 {
		t.Errorf("anchors: %v", err)
	}
	if b := nodeOn(t, n1.db, nil, metadata.Settings{}).number(); b != 3 {
		t.Errorf("after a restart: %d", b)
	}
}

// A BLOB stays in force when its signer's certificate is over, and who has been
// at the database's bytes is found.
func TestKeptForLongAndNotChanged(t *testing.T) {
	a := mdsblob.New("test")
	n := newNode(t, nil, trusting(a))
	jwt := sign(a, 7)
	r, err := n.Import(t.Context(), system, jwt, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if n.number() != 7 {
		t.Fatal("it is not there")
	}
	later := nodeOn(t, n.db, nil, metadata.Settings{})
	later.now = time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)
	if later.number() != 7 {
		t.Error("it is gone")
	}
	if err := n.db.InTx(t.Context(), func(tx *store.Tx) error { return tx.PutMetadataBody(t.Context(), r.ID, sign(a, 7, "REVOKED")) }); err != nil {
		t.Fatal(err)
	}
	if _, err := nodeOn(t, n.db, nil, metadata.Settings{}).Current(t.Context()); holdfast.CodeOf(err) != "mds_damaged" {
		t.Errorf("other bytes in the database: %v", err)
	}
	if b, err := n.Current(t.Context()); err != nil || b.No != 7 {
		t.Errorf("who knew it goes on: %v", err)
	}
}

func TestFollowsAFolder(t *testing.T) {
	a, stranger := mdsblob.New("test"), mdsblob.New("stranger")
	folder := t.TempDir()
	s := trusting(a)
	s.Source = folder
	n := newNode(t, nil, s)
	check := func() { n.Check(t.Context()) }
	status := func() metadata.Status {
		t.Helper()
		s, err := n.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if check(); n.number() != 0 || !strings.Contains(status().Failed, "no BLOB") {
		t.Errorf("an empty folder: %+v", status())
	}
	write(t, filepath.Join(folder, "a.jwt"), sign(a, 5))
	write(t, filepath.Join(folder, "b.jwt"), sign(a, 7))
	write(t, filepath.Join(folder, "c.blob"), sign(stranger, 900)) // claims to be the newest
	write(t, filepath.Join(folder, "d.jwt"), []byte("not found"))
	write(t, filepath.Join(folder, "readme.txt"), []byte("not read"))
	if check(); n.number() != 7 || status().Failed != "" || n.log.with("c.blob") != 1 {
		t.Errorf("got %d, %+v", n.number(), status())
	}
	if check(); n.log.with("c.blob") != 1 {
		t.Error("what did not change was read again")
	}
	write(t, filepath.Join(folder, "e.jwt"), sign(a, 8))
	if check(); n.number() != 8 {
		t.Errorf("got %d", n.number())
	}
	if _, err := n.Import(t.Context(), system, sign(a, 10), nil, "by hand"); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "f.jwt"), sign(a, 9))
	if check(); n.number() != 10 || !strings.Contains(status().Failed, "never go back") {
		t.Errorf("an older one: %d, %+v", n.number(), status())
	}
	s.Roots = append(s.Roots, stranger.Root)
	if n.Set(s); n.number() != 10 {
		t.Error("new settings alone change nothing")
	}
	if check(); n.number() != 900 {
		t.Errorf("under the new settings: %d", n.number())
	}
}

func TestFollowsAnAddress(t *testing.T) {
	a := mdsblob.New("test")
	var mu sync.Mutex
	no, status, asked, sent := int64(5), http.StatusOK, 0, 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked++
		etag := fmt.Sprintf("%q", fmt.Sprint(no))
		w.Header().Set("ETag", etag)
		switch {
		case status != http.StatusOK:
			w.WriteHeader(status)
		case r.Header.Get("If-None-Match") == etag:
			w.WriteHeader(http.StatusNotModified)
		default:
			sent++
			w.Write(sign(a, no))
		}
	}))
	defer server.Close()
	set := func(n int64, code int) { mu.Lock(); no, status = n, code; mu.Unlock() }
	s := trusting(a)
	s.Source = server.URL
	n := newNode(t, server.Client(), s)
	n.Check(t.Context())
	if n.number() != 5 {
		t.Fatalf("got %d", n.number())
	}
	n.Check(t.Context())
	set(0, http.StatusInternalServerError)
	n.Check(t.Context())
	if got, err := n.Status(t.Context()); err != nil || !strings.Contains(got.Failed, "500") || got.Record.No != 5 {
		t.Errorf("%+v, %v", got, err)
	}
	set(6, http.StatusOK)
	n.Check(t.Context())
	mu.Lock()
	defer mu.Unlock()
	if n.number() != 6 || asked != 4 || sent != 2 {
		t.Errorf("got %d, asked %d times, sent %d", n.number(), asked, sent)
	}
	if _, err := metadata.Read(t.Context(), server.Client(), "http://mds.example.org/"); holdfast.CodeOf(err) != "mds_source" {
		t.Errorf("over http: %v", err)
	}
}

func TestAlarm(t *testing.T) {
	a := mdsblob.New("test")
	n := newNode(t, nil, trusting(a))
	if _, err := n.Import(t.Context(), system, sign(a, 7), nil, ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		want  domain.State
		logs  int
	}{{0, domain.Current, 0}, {40 * 24 * time.Hour, domain.Due, 0}, {63 * 24 * time.Hour, domain.Overdue, 1}} {
		n.now = storetest.Now().Add(c.after)
		n.Check(t.Context())
		s, err := n.Status(t.Context())
		if err != nil || s.State != c.want || s.Record.No != 7 || n.log.with("overdue") != c.logs {
			t.Errorf("after %v: %+v, %v, logged %d", c.after, s, err, n.log.with("overdue"))
		}
	}
}

// A store that does not answer takes nothing away.
func TestStoreThatFails(t *testing.T) {
	a := mdsblob.New("test")
	n := newNode(t, nil, trusting(a))
	if _, err := n.Import(t.Context(), system, sign(a, 7), nil, ""); err != nil {
		t.Fatal(err)
	}
	if n.number() != 7 {
		t.Fatal("not there")
	}
	n.db.Close()
	n.now = n.now.Add(time.Hour)
	if b, err := n.Current(t.Context()); err != nil || b.No != 7 {
		t.Errorf("%v, %v", b, err)
	}
	if _, err := n.Newest(t.Context()); err == nil {
		t.Error("Newest answers without the store")
	}
}
