package audit

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func put(p EntryPut, columns ...string) EntryPut {
	p.Table, p.Key = "row", "r1"
	for i := 0; i < len(columns); i += 2 {
		p.Columns = append(p.Columns, EntryField{Name: columns[i], Value: json.RawMessage(columns[i+1])})
	}
	return p
}

func TestFold(t *testing.T) {
	whole, partial, removed := EntryPut{}, EntryPut{Partial: true}, EntryPut{Removed: true}
	for _, c := range []struct {
		name string
		puts []EntryPut
		want map[string]json.RawMessage // nil: no row
		fail bool
	}{
		{"a whole row", []EntryPut{put(whole, "id", `"r1"`, "n", "1")}, map[string]json.RawMessage{"id": []byte(`"r1"`), "n": []byte("1")}, false},
		{"a change", []EntryPut{put(whole, "n", "1", "m", "2"), put(partial, "n", "3")}, map[string]json.RawMessage{"n": []byte("3"), "m": []byte("2")}, false},
		{"a change to nothing", []EntryPut{put(partial, "n", "3")}, nil, true},
		{"a whole row by a node that does not know a column", []EntryPut{put(whole, "n", "1", "new", "2"), put(whole, "n", "3")},
			map[string]json.RawMessage{"n": []byte("3"), "new": []byte("2")}, false},
		{"removed, and made anew", []EntryPut{put(whole, "n", "1", "new", "2"), put(removed), put(whole, "n", "3")},
			map[string]json.RawMessage{"n": []byte("3")}, false},
		{"removed", []EntryPut{put(whole, "n", "1"), put(removed)}, nil, false},
		{"neither value nor commitment", []EntryPut{{Table: "row", Key: "r1", Columns: []EntryField{{Name: "n"}}}}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tables := Tables{}
			err := tables.Fold(Entry{Puts: c.puts}, func(string) (json.RawMessage, bool) { return nil, false })
			if (err != nil) != c.fail {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, tables["row"]["r1"]); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
