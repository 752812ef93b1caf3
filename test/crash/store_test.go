package crash

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/session"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
	"holdfast/spec/translog"
)

// The environment of the process that is killed.
const (
	envSQLite   = "HOLDFAST_CRASH_SQLITE"
	envPostgres = "HOLDFAST_CRASH_POSTGRES"
	envWriters  = "HOLDFAST_CRASH_WRITERS"
)

func TestMain(m *testing.M) {
	if os.Getenv(envSQLite)+os.Getenv(envPostgres) != "" {
		write()
		return
	}
	os.Exit(m.Run())
}

// ack is what the process has been told is durable, one line each.
type ack struct {
	What string // enrolled, opened, revoked, checkpoint
	ID   string // of the person, the session, or the signed checkpoint
	More string // the credential
}

// write enrols, signs in and revokes without end, and says what was acknowledged.
func write() {
	var mu sync.Mutex
	say := func(a ack) {
		b, err := json.Marshal(a)
		if err != nil {
			panic(err)
		}
		mu.Lock()
		defer mu.Unlock()
		os.Stdout.Write(append(b, '\n')) // one write: a line is whole or not there
	}
	cfg := config(os.Getenv(envSQLite), os.Getenv(envPostgres))
	cfg.OnCheckpoint = func(signed string) {
		say(ack{What: "checkpoint", ID: base64.StdEncoding.EncodeToString([]byte(signed))})
	}
	db, err := store.Open(context.Background(), cfg)
	if err != nil {
		panic(err)
	}
	writers := 24
	if n := os.Getenv(envWriters); n != "" {
		fmt.Sscan(n, &writers)
	}
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for {
				writeOne(db, say)
			}
		})
	}
	wg.Wait()
}

func config(sqlite, postgres string) store.Config {
	c := store.Config{SQLite: sqlite, Postgres: postgres}
	c.Signer, c.Verifier = storetest.Key()
	return c
}

// bare stands for the test in a process that is none.
type bare struct{ testing.TB }

func (bare) Helper()        {}
func (bare) Fatal(a ...any) { panic(fmt.Sprint(a...)) }

// writeOne is one person's day: enrolled, signed in, and perhaps signed out.
func writeOne(db *store.DB, say func(ack)) {
	ctx := context.Background()
	in := func(events []audit.Event) {
		err := db.InTx(ctx, func(tx *store.Tx) error { return tx.Record(ctx, storetest.By(), events...) })
		if err != nil {
			panic(err)
		}
	}
	p, events := storetest.Somebody(bare{}, rand.IntN(1<<40))
	in(events)
	say(ack{"enrolled", string(p.Record.ID), string(p.Credential.ID)})
	s, _, events := storetest.SignIn(bare{}, p, time.Now())
	in(events)
	say(ack{"opened", string(s.ID), ""})
	if rand.IntN(2) == 0 {
		_, events := session.End(s, session.SignedOut, time.Now())
		in(events)
		say(ack{"revoked", string(s.ID), ""})
	}
}

// rounds is how often each engine is killed.
func rounds() int {
	if testing.Short() {
		return 3
	}
	return 50
}

func TestStoreKilledUnderLoad(t *testing.T) {
	for name, place := range map[string]func(testing.TB) storetest.Place{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := place(t)
			random := rand.New(rand.NewPCG(7, 7))
			acknowledged := 0
			for round := range rounds() {
				acks := killAfter(t, p, 1+random.IntN(200))
				acknowledged += len(acks)
				check(t, p, acks)
				if t.Failed() {
					t.Fatalf("round %d", round)
				}
			}
			t.Logf("%d rounds, %d acknowledgements", rounds(), acknowledged)
		})
	}
}

// killAfter starts the process, kills it when it has said n things, and gives
// all that it said.
func killAfter(t *testing.T, p storetest.Place, n int) []ack {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envSQLite+"="+p.Config.SQLite, envPostgres+"="+p.Config.Postgres)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var acks []ack
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break // what is not a whole line was not said
		}
		var a ack
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		acks = append(acks, a)
		if len(acks) == n {
			cmd.Process.Signal(syscall.SIGKILL)
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the process ended by itself: %v", err)
	}
	return acks
}

// check opens the database as it was left, and looks for all that was said.
func check(t *testing.T, p storetest.Place, acks []ack) {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, p.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var last *translog.Checkpoint
	for _, a := range acks {
		if err := there(ctx, db, a, &last); err != nil {
			t.Errorf("%s %s was acknowledged: %v", a.What, a.ID, err)
		}
	}
	r, err := db.Verify(ctx, last)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		t.Errorf("verify: %s", f.Text)
	}
}

func there(ctx context.Context, db *store.DB, a ack, last **translog.Checkpoint) error {
	switch a.What {
	case "enrolled":
		if _, err := db.Person(ctx, holdfast.PersonID(a.ID)); err != nil {
			return err
		}
		if _, err := db.Credential(ctx, holdfast.CredentialID(a.More)); err != nil {
			return err
		}
		return logged(ctx, db, store.Filter{Person: holdfast.PersonID(a.ID), Type: "credential.enrolled"})
	case "opened":
		s, err := db.Session(ctx, holdfast.SessionID(a.ID))
		if err != nil {
			return err
		}
		return logged(ctx, db, store.Filter{Person: s.Person, Type: "session.opened"})
	case "revoked":
		s, err := db.Session(ctx, holdfast.SessionID(a.ID))
		if err != nil {
			return err
		}
		if s.Ended.IsZero() {
			return fmt.Errorf("it lives")
		}
		return logged(ctx, db, store.Filter{Person: s.Person, Type: "session.ended"})
	case "checkpoint":
		signed, err := base64.StdEncoding.DecodeString(a.ID)
		if err != nil {
			return err
		}
		_, verifier := storetest.Key()
		c, err := translog.OpenCheckpoint(string(signed), verifier)
		*last = &c
		return err
	}
	return fmt.Errorf("what is this?")
}

func logged(ctx context.Context, db *store.DB, f store.Filter) error {
	ls, err := db.Tail(ctx, f)
	if err == nil && len(ls) == 0 {
		err = fmt.Errorf("the log does not have it")
	}
	return err
}

// Between an acknowledgement and the one before it there is an fdatasync of
// the write-ahead log that has succeeded. With one writer nothing is shared.
func TestStoreSyncsBeforeItAnswers(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace")
	p := storetest.SQLite(t)
	cmd := strace(t, trace, os.Args[0])
	cmd.Env = append(os.Environ(), envSQLite+"="+p.Config.SQLite, envWriters+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, seen := bufio.NewScanner(out), 0
	for lines.Scan() {
		if seen++; seen == 100 {
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
	}
	cmd.Wait()
	synced, answers := false, 0
	for _, call := range calls(t, trace) {
		switch {
		case call.syncs("-wal"):
			synced = true
		case call.name == "write" && strings.Contains(call.text, `\"What\":\"checkpoint\"`):
			if !synced {
				t.Fatalf("answered without fdatasync: %s", call.text)
			}
			synced = false
			answers++
		}
	}
	if answers < 30 {
		t.Fatalf("strace saw %d answers only", answers)
	}
}
