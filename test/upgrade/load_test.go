package upgrade

import (
	"bufio"
	"compress/gzip"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// load inserts the rows of a plain backup, and answers the master key. It reads
// the format by itself: a reader that drops what it should not would hide it.
func load(t *testing.T, tx *sql.Tx, backup string) (masterKey string) {
	t.Helper()
	f, err := os.Open(backup)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var insert string
	var kinds []string
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if lines.Text()[0] == '[' {
			if _, err := tx.Exec(insert, row(t, lines.Bytes(), kinds)...); err != nil {
				t.Fatalf("%s: %v", insert, err)
			}
			continue
		}
		var l struct {
			Table          string
			Columns, Kinds []string
			MasterKey      string `json:"master_key"`
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if l.MasterKey != "" {
			masterKey = l.MasterKey
		}
		if l.Table == "" {
			continue
		}
		marks := make([]string, len(l.Columns))
		for i := range marks {
			marks[i] = fmt.Sprintf("$%d", i+1)
		}
		kinds = l.Kinds
		insert = fmt.Sprintf("insert into %s (%s) values (%s)", l.Table, strings.Join(l.Columns, ", "), strings.Join(marks, ", "))
	}
	if err := lines.Err(); err != nil || masterKey == "" {
		t.Fatalf("the fixture has no master key: %v", err)
	}
	return masterKey
}

func row(t *testing.T, line []byte, kinds []string) []any {
	t.Helper()
	var raw []json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil {
		t.Fatal(err)
	}
	out := make([]any, len(raw))
	for i, kind := range kinds {
		var n int64
		var s string
		var err error
		switch kind {
		case "int":
			err = json.Unmarshal(raw[i], &n)
			out[i] = n
		case "bytes":
			if err = json.Unmarshal(raw[i], &s); err == nil {
				out[i], err = base64.StdEncoding.DecodeString(s)
			}
		default:
			err = json.Unmarshal(raw[i], &s)
			out[i] = s
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}
