package migrate

import (
	"regexp"
	"strings"
	"testing"
)

func TestStepsAreNumberedWithoutGaps(t *testing.T) {
	steps, err := Steps()
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range steps {
		if s.Version != int64(i+1) {
			t.Errorf("%s is step %d", s.Name, i+1)
		}
	}
}

// One text for both engines: only the words in capitals differ.
func TestStepsHaveOneText(t *testing.T) {
	steps, err := Steps()
	if err != nil {
		t.Fatal(err)
	}
	capitals := regexp.MustCompile(`\b[A-Z]{2,}\b`)
	same := Types{}
	for _, s := range steps {
		for _, stmt := range s.Statements(same) {
			for _, w := range capitals.FindAllString(stmt, -1) {
				if !strings.Contains(" TEXT BIGINT BYTES NUMBER KEYED ", " "+w+" ") {
					t.Errorf("%s: %s is no type of ours", s.Name, w)
				}
			}
			if strings.Contains(stmt, "--") {
				t.Errorf("%s: a comment is left in %s", s.Name, stmt)
			}
		}
		got := Step{Text: "create table a (b TEXT); -- TEXT; not this\ncreate index c on a (b);"}.Statements(Types{"TEXT": "text"})
		if len(got) != 2 || got[0] != "create table a (b text)" {
			t.Errorf("%q", got)
		}
	}
}

// What a step makes is nothing to lose; what it changes is.
func TestTouched(t *testing.T) {
	s := Step{Text: `create table a (id TEXT); create index a_b on a (b); alter table person add column x TEXT;
		create unique index c_d on credential (d) where d <> ''; update person set x = 'y'; insert into setting (id) values ('z');
		delete from token where id = ''`}
	if got, want := strings.Join(s.Touched(), " "), "person credential setting token"; got != want {
		t.Errorf("%s is touched, want %s", got, want)
	}
}

func TestPendingRefusesANewerDatabase(t *testing.T) {
	steps := []Step{{Version: 1}, {Version: 2}}
	for at, want := range map[int64]int{0: 2, 1: 1, 2: 0} {
		if got, err := Pending(steps, at); err != nil || len(got) != want {
			t.Errorf("at %d: %v, %v", at, got, err)
		}
	}
	if _, err := Pending(steps, 3); err == nil {
		t.Error("a newer database was taken")
	}
}
