package storetest

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/domain/session"
	"holdfast/edge/store"
	"holdfast/spec/translog"
)

// history writes a few hundred records: more than one tile, not a round number.
func history(t testing.TB, db *store.DB, people int) []Person {
	t.Helper()
	ctx := context.Background()
	var all []Person
	err := db.InTx(ctx, func(tx *store.Tx) error {
		for n := range people {
			p, events := Somebody(t, n)
			s, _, more := SignIn(t, p, Now())
			_, ended := session.End(s, session.SignedOut, Now())
			if err := tx.Record(ctx, By(), append(append(events, more...), ended...)...); err != nil {
				return err
			}
			all = append(all, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const perPerson = 6 // records that history writes for each

func verifies(t *testing.T, place Place) {
	ctx := context.Background()
	var seen []string
	place.Config.OnCheckpoint = func(signed string) { seen = append(seen, signed) }
	db := place.Open(t)
	if r := whole(t, db); r.Records != 0 || r.Checkpoint.Root != translog.EmptyRoot() {
		t.Errorf("the empty log: %+v", r)
	}
	all := history(t, db, 100)
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		p := all[random.IntN(len(all))]
		_, _, events := SignIn(t, p, Now())
		record(t, db, events...)
	}
	r := whole(t, db)
	if r.Records != 100*perPerson+120 || r.Rows != 100*4+60 {
		t.Errorf("%d records, %d rows", r.Records, r.Rows)
	}
	if len(seen) != 61 || seen[60] != r.Signed {
		t.Errorf("told of %d checkpoints, want each commit's", len(seen))
	}
	for _, s := range seen { // every one of them is a prefix
		c, err := translog.OpenCheckpoint(s, place.Config.Verifier)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := db.Verify(ctx, &c); err != nil || !r.Whole() {
			t.Fatalf("given the checkpoint of %d: %v, %v", c.Size, r.Findings, err)
		}
	}
	folds(t, db, all)
}

// folds holds domain/audit's own Fold against what is read through the store.
func folds(t *testing.T, db *store.DB, all []Person) {
	ctx := context.Background()
	tables := audit.Tables{}
	for i := int64(0); ; i++ {
		l, err := db.Leaf(ctx, i)
		if holdfast.CodeOf(err) == "no_such_record" {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		e := must[audit.Entry](t)(audit.Decode(l.Body))
		values := must[map[string][]byte](t)(db.Openings(ctx, i))
		err = tables.Fold(e, func(c string) (json.RawMessage, bool) { v, ok := values[c]; return v, ok })
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range all {
		stored := must[person.Record](t)(db.Person(ctx, p.Record.ID))
		diff(t, tables["person"][string(p.Record.ID)], audit.RowOf(&stored))
		c := must[credential.Record](t)(db.Credential(ctx, p.Credential.ID))
		diff(t, tables["credential"][string(c.ID)], audit.RowOf(&c))
	}
}

func erases(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	all := history(t, db, 3)
	p := all[1]
	forget := func(tx *store.Tx) error {
		_, events, err := person.Erase(p.Record)
		if err != nil {
			return err
		}
		c, err := tx.Credential(ctx, p.Credential.ID)
		if err != nil {
			return err
		}
		raw, err := tx.Registration(ctx, c.ID)
		if err != nil {
			return err
		}
		c.Name = ""
		events = append(events, audit.New("credential.forgotten", string(c.ID), c.Person, audit.Change(&c, "name"), audit.Remove(&raw)))
		sessions, err := tx.SessionsOf(ctx, p.Record.ID)
		if err != nil {
			return err
		}
		for _, s := range sessions {
			_, more := session.Forget(s)
			events = append(events, more...)
		}
		return errors.Join(tx.Record(ctx, By(), events...), tx.Erase(ctx, p.Record.ID))
	}
	// In the batch of the erasure somebody records something personal before it.
	described, events, err := person.Describe(p.Record, person.New{Name: "Secretly Renamed", Email: "new@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	p.Record = described
	for _, err := range together(t, db,
		func(tx *store.Tx) error { return tx.Record(ctx, By(), events...) }, forget) {
		if err != nil {
			t.Fatal(err)
		}
	}
	whole(t, db)
	for _, what := range []string{"select count(*) from log_opening where person = $1", "select count(*) from registration where person = $1"} {
		if n := place.RawBytes(t, "select cast("+"("+what+") as text)", string(p.Record.ID)); string(n) != "0" {
			t.Errorf("%s: %s are left", what, n)
		}
	}
	got := must[person.Record](t)(db.Person(ctx, p.Record.ID))
	if got.Name != "" || got.Email != "" || got.Status != person.Erased {
		t.Errorf("left: %+v", got)
	}
	leaves := must[[]store.Leaf](t)(db.Tail(ctx, store.Filter{Person: p.Record.ID}))
	for _, l := range leaves {
		if b := string(l.Body); strings.Contains(b, "Person <") || strings.Contains(b, "example.org") || strings.Contains(b, "Mozilla") {
			t.Errorf("record %d holds something personal in the clear: %s", l.Index, b)
		}
	}
	if len(leaves) < perPerson+2 {
		t.Errorf("only %d records of the erased person are left", len(leaves))
	}
}

// An attack changes the database behind the store's back.
type attack struct {
	name string
	do   func(t *testing.T, p Place, db *store.DB)
	want []string // "kind index", of the findings; "!" before: among them
}

// shift renumbers the records from lo on by one, downwards or upwards, in an
// order in which no number is taken twice.
func shift(t *testing.T, p Place, lo, hi int64, by int64) {
	t.Helper()
	const away = 1_000_000
	for _, table := range []string{"log_leaf", "log_opening"} {
		p.Raw(t, fmt.Sprintf("update %s set idx = idx + %d where idx >= %d and idx <= %d", table, away, lo, hi))
		p.Raw(t, fmt.Sprintf("update %s set idx = idx - %d where idx >= %d", table, away-by, away))
	}
}

// forge makes a record and its hash.
func forge(t *testing.T, db *store.DB, index int64) (body, hash []byte) {
	t.Helper()
	l := must[store.Leaf](t)(db.Leaf(context.Background(), index))
	body = bytes.Replace(l.Body, []byte(`"at":"2030`), []byte(`"at":"2031`), 1)
	h := translog.LeafHash(body)
	return body, h[:]
}

func (p Place) swap(t *testing.T, i, j int64) {
	t.Helper()
	for _, table := range []string{"log_leaf", "log_opening"} {
		p.Raw(t, fmt.Sprintf("update %s set idx = -7 where idx = %d", table, i))
		p.Raw(t, fmt.Sprintf("update %s set idx = %d where idx = %d", table, i, j))
		p.Raw(t, fmt.Sprintf("update %s set idx = %d where idx = -7", table, j))
	}
}

func attacksOnTheLog(t *testing.T, place Place) {
	const people = 100
	const size = people * perPerson // 600: two full tiles, and 88 records behind
	const newest = size - 1
	attacks := []attack{
		{"a record is edited", func(t *testing.T, p Place, db *store.DB) {
			body, _ := forge(t, db, 20)
			p.Raw(t, "update log_leaf set body = $1 where idx = 20", body)
		}, []string{"edited 20", "index 20"}},
		{"a record is edited, with its hash", func(t *testing.T, p Place, db *store.DB) {
			body, hash := forge(t, db, 300)
			p.Raw(t, "update log_leaf set body = $1, hash = $2 where idx = 300", body, hash)
		}, []string{"edited 300", "index 300"}},
		{"the newest is edited, with its hash", func(t *testing.T, p Place, db *store.DB) {
			body, hash := forge(t, db, newest)
			p.Raw(t, "update log_leaf set body = $1, hash = $2 where idx = $3", body, hash, newest)
		}, []string{"edited 592", "index 599"}},
		{"the newest is dropped", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "delete from log_leaf where idx = $1", newest)
		}, []string{"!truncated 599"}},
		{"one in the middle is dropped", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "delete from log_leaf where idx = 77")
		}, []string{"!dropped 77"}},
		{"one is dropped and the others moved up", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "delete from log_leaf where idx = 77")
			p.Raw(t, "delete from log_opening where idx = 77")
			shift(t, p, 78, newest, -1)
		}, []string{"!dropped 77"}},
		{"one behind the tiles is dropped and the others moved up", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "delete from log_leaf where idx = 530")
			p.Raw(t, "delete from log_opening where idx = 530")
			shift(t, p, 531, newest, -1)
		}, []string{"!dropped 512"}},
		{"two are swapped", func(t *testing.T, p Place, db *store.DB) {
			p.swap(t, 30, 400)
		}, []string{"!reordered 30", "!reordered 400"}},
		{"two behind the tiles are swapped", func(t *testing.T, p Place, db *store.DB) {
			p.swap(t, 520, 521)
		}, []string{"!edited 512"}},
		{"one is inserted and the others moved down", func(t *testing.T, p Place, db *store.DB) {
			body, hash := forge(t, db, 100)
			shift(t, p, 100, newest, 1)
			p.Raw(t, `insert into log_leaf (idx, at, type, actor, subject, person, body, hash)
				select 100, at, type, actor, subject, person, $1, $2 from log_leaf where idx = 101`, body, hash)
		}, []string{"!inserted 100"}},
		{"one is added behind the head", func(t *testing.T, p Place, db *store.DB) {
			body, hash := forge(t, db, newest)
			p.Raw(t, `insert into log_leaf (idx, at, type, actor, subject, person, body, hash)
				select 600, at, type, actor, subject, person, $1, $2 from log_leaf where idx = 599`, body, hash)
		}, []string{"!inserted 600"}},
		{"everything is rewritten, with a head of another key", rewriteWithAnotherKey, []string{"!forged -1"}},
		{"everything is rewritten, with a head without signature", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "update log_head set checkpoint = 'test.example'")
		}, []string{"forged -1"}},
		{"the head is gone", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "delete from log_head")
		}, []string{"forged -1"}},
		{"a tile is edited", func(t *testing.T, p Place, db *store.DB) {
			tile := p.RawBytes(t, "select data from log_tile where level = 0 and idx = 1")
			tile[40] ^= 1
			p.Raw(t, "update log_tile set data = $1 where level = 0 and idx = 1", tile)
		}, []string{"edited 257"}},
		{"a tile is gone", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "delete from log_tile where level = 0 and idx = 1")
		}, []string{"!tile -1"}},
		{"what is searched by is edited", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "update log_leaf set person = 'per_other' where idx = 5")
			p.Raw(t, "update log_leaf set at = at + 1 where idx = 6")
			p.Raw(t, "update log_leaf set actor = 'host:root' where idx = 7")
		}, []string{"index 5", "index 6", "index 7"}},
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			place := fresh(t, place)
			db := place.Open(t)
			history(t, db, people)
			last := whole(t, db).Checkpoint
			a.do(t, place, db)
			found(t, db, &last, a.want)
		})
	}
	t.Run("the log is put back to an older signed head", func(t *testing.T) {
		putBack(t, fresh(t, place))
	})
	t.Run("the log is replaced by another one of the same key", func(t *testing.T) {
		db := fresh(t, place).Open(t)
		history(t, db, people)
		other := whole(t, db).Checkpoint
		other.Root[3] ^= 1
		found(t, db, &other, []string{"forked -1"})
	})
}

// fresh is another new database on the same engine.
func fresh(t testing.TB, p Place) Place {
	if p.Shared {
		return Postgres(t)
	}
	return SQLite(t)
}

// rewriteWithAnotherKey edits a record and makes everything fit it: hash,
// tiles, frontier and head, all but the signature.
func rewriteWithAnotherKey(t *testing.T, p Place, db *store.DB) {
	ctx := context.Background()
	body, hash := forge(t, db, 300)
	p.Raw(t, "update log_leaf set body = $1, hash = $2, at = at + 31536000000000 where idx = 300", body, hash)
	var f translog.Frontier
	b := translog.Builder{Emit: func(level int, n int64, hashes []byte) error {
		p.Raw(t, "update log_tile set data = $1 where level = $2 and idx = $3", hashes, level, n)
		return nil
	}}
	for i := range int64(600) {
		h := translog.LeafHash(must[store.Leaf](t)(db.Leaf(ctx, i)).Body)
		f.Append(h)
		if err := b.Add(h); err != nil {
			t.Fatal(err)
		}
	}
	mallory := signerOf("mallory!", "test.example")
	signed, err := translog.SignCheckpoint(translog.Checkpoint{Origin: "test.example", Size: 600, Root: f.Root()}, mallory)
	if err != nil {
		t.Fatal(err)
	}
	p.Raw(t, "update log_head set frontier = $1, checkpoint = $2", f.Marshal(), signed)
}

func putBack(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	history(t, db, 40)
	signed := must[string](t)(db.Checkpoint(ctx))
	frontier := place.RawBytes(t, "select frontier from log_head")
	_, events := Somebody(t, 999)
	record(t, db, events...)
	last := whole(t, db).Checkpoint
	size := int64(40 * perPerson)
	place.Raw(t, "delete from log_leaf where idx >= $1", size)
	place.Raw(t, "delete from log_opening where idx >= $1", size)
	place.Raw(t, "update log_head set size = $1, frontier = $2, checkpoint = $3", size, frontier, signed)
	p := must[person.Record](t)(db.PersonByEmail(ctx, "p999@example.org"))
	place.Raw(t, "delete from person where id = $1", string(p.ID))
	place.Raw(t, "delete from credential where person = $1", string(p.ID))
	place.Raw(t, "delete from registration where person = $1", string(p.ID))
	whole(t, db) // alone it is a perfect log
	found(t, db, &last, []string{"truncated 240"})
}

func attacksOnRows(t *testing.T, place Place) {
	attacks := []attack{
		{"a column is edited", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "update person set role = 'administrator' where email = 'p001@example.org'")
		}, []string{"row edited -1"}},
		{"a flag is edited", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "update credential set be = 2 where person in (select id from person where email = 'p001@example.org')")
		}, []string{"row edited -1"}},
		{"a key is edited", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "update credential set public_key = $1 where person in (select id from person where email = 'p001@example.org')", []byte{9})
		}, []string{"row edited -1"}},
		{"a name is edited", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "update person set name = 'Mallory' where email = 'p001@example.org'")
		}, []string{"row edited -1"}},
		{"a session is reopened", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "update session set ended = 0 where person in (select id from person where email = 'p002@example.org')")
		}, []string{"row edited -1"}},
		{"a row is added", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "insert into setting (id, value) values ('name', 'Mallory Inc.')")
		}, []string{"row inserted -1"}},
		{"a row is deleted", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "delete from credential where person in (select id from person where email = 'p001@example.org')")
		}, []string{"row dropped -1"}},
		{"a view shows what it wants to", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "alter table setting rename to settings")
			p.Raw(t, "create view setting as select * from settings")
		}, []string{"!schema -1"}},
		{"a trigger waits", func(t *testing.T, p Place, db *store.DB) {
			if p.Shared {
				p.Raw(t, "create function lie() returns trigger language plpgsql as $$ begin return new; end $$")
				p.Raw(t, "create trigger waits before insert on session for each row execute function lie()")
				return
			}
			p.Raw(t, "create trigger waits after insert on session begin update person set role = 'administrator'; end")
		}, []string{"schema -1"}},
		{"openings are deleted though nobody was erased", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "delete from log_opening where idx = 0")
		}, []string{"opening 0"}},
		{"an opening is edited", func(t *testing.T, p Place, db *store.DB) {
			b := p.RawBytes(t, "select body from log_opening where idx = 0")
			p.Raw(t, "update log_opening set body = $1 where idx = 0", bytes.Replace(b, []byte("Person <000>"), []byte("Person <00x>"), 1))
		}, []string{"!opening 0"}},
		{"an opening is filed under another person", func(t *testing.T, p Place, db *store.DB) {
			p.Raw(t, "update log_opening set person = 'per_other' where idx = 0")
		}, []string{"opening 0"}},
		{"an opening is added", func(t *testing.T, p Place, db *store.DB) {
			b := p.RawBytes(t, "select body from log_opening where idx = 0")
			p.Raw(t, "update log_opening set body = $1 where idx = 0", append(append(b[:len(b)-1:len(b)-1], ','), b[1:]...))
			p.Raw(t, "update log_opening set body = $1 where idx = 2", b)
		}, []string{"!opening 2"}},
	}
	if !place.Shared { // PostgreSQL stores columns as what they are, and what it lacks is not looked for
		attacks = append(attacks, []attack{
			{"a name is stored as bytes", func(t *testing.T, p Place, db *store.DB) {
				p.Raw(t, "update person set email = cast(email as blob) where email = 'p001@example.org'")
				p.Raw(t, "update session set ended = ended + 0.5 where person in (select id from person where email = 'p002@example.org')")
			}, []string{"row edited -1", "row edited -1"}},
			{"an index is dropped", func(t *testing.T, p Place, db *store.DB) {
				p.Raw(t, "drop index session_secret")
			}, []string{"schema -1"}},
		}...)
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			place := fresh(t, place)
			db := place.Open(t)
			history(t, db, 4)
			whole(t, db)
			a.do(t, place, db)
			found(t, db, nil, a.want)
		})
	}
}

// found checks that verify reports want, and nothing else unless want says "!".
func found(t *testing.T, db *store.DB, last *translog.Checkpoint, want []string) {
	t.Helper()
	r, err := db.Verify(context.Background(), last)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Findings {
		got = append(got, fmt.Sprintf("%s %d", f.Kind, f.Index))
		if f.Text == "" || !strings.HasSuffix(f.Text, ".") {
			t.Errorf("a finding without a sentence: %+v", f)
		}
	}
	exact := true
	for _, w := range want {
		w, among := strings.CutPrefix(w, "!")
		exact = exact && !among
		if !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+w+"\n") {
			t.Errorf("want %q among %q", w, got)
		}
	}
	if exact && len(got) != len(want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func exports(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	history(t, db, 100)
	last := whole(t, db).Checkpoint
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	c, err := db.Export(ctx, translog.TarSink{W: w, At: Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	diff(t, last, c)
	files, err := translog.ReadTar(io.LimitReader(&archive, 1<<30), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	head, damage, err := translog.CheckFiles(files, place.Config.Verifier, &last, func(i int64, record []byte) error {
		read++
		_, err := audit.Decode(record)
		return err
	})
	if err != nil || len(damage) != 0 || head != c || read != 100*perPerson {
		t.Errorf("offline: %v, %v, %v, %d records", head, damage, err, read)
	}
	for name, data := range files {
		if bytes.Contains(data, []byte("@example.org")) {
			t.Errorf("%s holds an address in the clear", name)
		}
	}
	place.Raw(t, "update log_leaf set body = $1 where idx = 3", []byte("{}"))
	_, err = db.Export(ctx, translog.TarSink{W: tar.NewWriter(io.Discard), At: Now()})
	if err == nil {
		t.Error("a damaged log is exported as if it were whole")
	}
}

func proves(t *testing.T, place Place) {
	ctx := context.Background()
	db := place.Open(t)
	history(t, db, 100)
	for _, i := range []int64{0, 1, 255, 256, 511, 512, 598, 599} {
		l, p, err := db.Prove(ctx, i)
		if err != nil {
			t.Fatal(err)
		}
		p, err = translog.ParseProof(p.String())
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.Check(l.Body, place.Config.Verifier)
		if err != nil || c.Size != 600 || l.Index != i {
			t.Errorf("record %d: %v %v", i, c, err)
		}
		if _, err := p.Check(append(l.Body, ' '), place.Config.Verifier); err == nil {
			t.Errorf("record %d: another record is proved", i)
		}
	}
	_, _, err := db.Prove(ctx, 600)
	wantKind(t, err, holdfast.NotFound, "no_such_record")
}
