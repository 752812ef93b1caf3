package audit

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"holdfast"
)

// row has a column of each kind, and each kind personal.
type row struct {
	ID            string
	Text, Secret  string
	N             int64
	Bytes, Hidden []byte
}

func (*row) Table() string { return "row" }

func (r *row) Columns(c *Columns) {
	StringColumn(c, "id", &r.ID)
	StringColumn(c, "text", &r.Text)
	StringColumn(c, "secret", &r.Secret).AsPersonal()
	IntColumn(c, "n", &r.N)
	c.Bytes("bytes", &r.Bytes)
	c.Bytes("hidden", &r.Hidden).AsPersonal()
}

var noon = time.Date(2026, 3, 29, 12, 0, 0, 1000, time.FixedZone("", 3600))

func TestEncodeGivesTheseBytes(t *testing.T) {
	r := row{ID: "r1", Text: `a<b> "ä" \` + "\n", N: -7, Bytes: []byte{0xfb, 0xff}}
	e := New("row.made", "r1", "per_1", Set(&r), Change(&r, "n"), Remove(&r)).With("why", "a & b")
	got, openings, err := Encode(e, By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: "per_2", Session: "ses_1"}, At: noon})
	if err != nil || len(openings) != 0 {
		t.Fatalf("openings %v, %v: nothing personal has a value", openings, err)
	}
	want := `{"v":1,"at":"2026-03-29T11:00:00.000001Z","type":"row.made","actor":{"kind":"person","id":"per_2","session":"ses_1"},` +
		`"subject":"r1","person":"per_1","details":[{"name":"why","value":"a & b"}],"puts":[` +
		`{"table":"row","key":"r1","columns":[{"name":"id","value":"r1"},{"name":"text","value":"a<b> \"ä\" \\\n"},` +
		`{"name":"secret","value":""},{"name":"n","value":-7},{"name":"bytes","value":"-_8"},{"name":"hidden","value":""}]},` +
		`{"table":"row","key":"r1","partial":true,"columns":[{"name":"n","value":-7}]},` +
		`{"table":"row","key":"r1","removed":true}]}`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("canonical bytes (-want +got):\n%s", d)
	}
}

type listRow struct {
	ID   string
	List []string
}

func (*listRow) Table() string { return "row" }

func (r *listRow) Columns(c *Columns) {
	StringColumn(c, "id", &r.ID)
	c.Strings("list", &r.List).AsPersonal()
}

// What an erasure leaves stands in the log: behind a commitment it would be
// lost with the rest.
func TestAnEmptyPersonalListIsPlain(t *testing.T) {
	by := By{Actor: holdfast.Actor{Kind: holdfast.ActorHost}, At: noon}
	for _, c := range []struct {
		list []string
		want int
	}{{nil, 0}, {[]string{}, 0}, {[]string{""}, 1}, {[]string{"a", "b"}, 1}} {
		text, openings, err := Encode(New("row.made", "r1", "per_1", Set(&listRow{"r1", c.list})), by)
		if err != nil || len(openings) != c.want || c.want == 0 && !strings.Contains(string(text), `"value":"[]"`) {
			t.Errorf("%q: %d openings, %v: %s", c.list, len(openings), err, text)
		}
	}
}

// FuzzEncodeIsEncodingJSON holds what is written by hand against what
// encoding/json makes of the Entry that it decodes to.
func FuzzEncodeIsEncodingJSON(f *testing.F) {
	f.Add("row.made", "text", "secret", []byte{1}, int64(0), "detail", "")
	f.Add("", "\u2028\x7f\x00\ufffd", "\"\\<&>", []byte(nil), int64(-1<<63), "", "ses_1")
	f.Add("\xff", "\xc3(", "é", []byte{0xff}, int64(1<<63-1), "\x1f", "per_1")
	f.Fuzz(func(t *testing.T, kind, text, secret string, b []byte, n int64, detail, id string) {
		r := row{ID: id, Text: text, Secret: secret, N: n, Bytes: b, Hidden: b}
		e := New(Type(kind), text, holdfast.PersonID(id), Set(&r))
		if detail != "" {
			e = e.With(detail, text).With(text, detail)
		}
		got, openings, err := Encode(e, By{Actor: holdfast.Actor{Kind: holdfast.ActorKind(kind), ID: id}, At: noon})
		if err != nil {
			t.Fatal(err)
		}
		entry, err := Decode(got)
		if err != nil {
			t.Fatalf("%v: %s", err, got)
		}
		// What is no character becomes U+FFFD, which is written otherwise when it comes back.
		if d := cmp.Diff(string(mustJSON(entry)), string(got)); d != "" && utf8.ValidString(kind+text+detail+id) {
			t.Errorf("encoding/json writes otherwise (-its +ours):\n%s", d)
		}
		want := map[string]string{}
		if secret != "" {
			want["secret"] = string(mustJSON(secret))
		}
		if len(b) > 0 {
			want["hidden"] = `"` + base64.RawURLEncoding.EncodeToString(b) + `"`
		}
		opened := map[string]string{}
		for _, c := range entry.Puts[0].Columns {
			for _, o := range openings {
				if o.Commitment == c.Commitment && o.Opens() {
					opened[c.Name] = string(o.Value)
				}
			}
		}
		if d := cmp.Diff(want, opened); d != "" {
			t.Errorf("opened commitments (-want +got):\n%s", d)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	r := row{ID: "ses_0123456789abcdefghij", Text: "per_0123456789abcdefghij", Secret: "Mozilla/5.0 (X11; Linux x86_64)", N: 1 << 50, Bytes: make([]byte, 32)}
	e := New("row.made", r.ID, "per_0123456789abcdefghij", Set(&r))
	by := By{Actor: holdfast.Actor{Kind: holdfast.ActorPerson, ID: "per_0123456789abcdefghij"}, At: noon}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Encode(e, by); err != nil {
			b.Fatal(err)
		}
	}
}
