package translog

import (
	"archive/tar"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The test tree of certificate-transparency implementations.
func TestRFC6962Roots(t *testing.T) {
	records := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var f Frontier
	for i, want := range roots {
		if root := f.Root(); hex.EncodeToString(root[:]) != want {
			t.Errorf("%d records: %x, want %s", i, root, want)
		}
		if i < len(records) {
			b, err := hex.DecodeString(records[i])
			if err != nil {
				t.Fatal(err)
			}
			f.Append(LeafHash(b))
		}
	}
}

// log is a log in memory.
type log struct {
	records [][]byte
	tiles   map[string][]byte
	tree    Frontier
}

func newLog(t testing.TB, n int) *log {
	t.Helper()
	l := &log{tiles: map[string][]byte{}}
	b := &Builder{Emit: func(level int, n int64, hashes []byte) error {
		l.tiles[TilePath(level, n, len(hashes)/tlog.HashSize)] = hashes
		return nil
	}}
	for i := range n {
		r := fmt.Appendf(nil, "record %d", i)
		l.records = append(l.records, r)
		if err := b.Add(LeafHash(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Finish(); err != nil {
		t.Fatal(err)
	}
	l.tree = b.Clone()
	return l
}

func (l *log) ReadTile(level int, n int64, width int) ([]byte, error) {
	if b, ok := l.tiles[TilePath(level, n, width)]; ok {
		return bytes.Clone(b), nil
	}
	return nil, errors.New("no such tile")
}

func (l *log) head() Checkpoint { return Checkpoint{"log.example", l.tree.Size(), l.tree.Root()} }

func key(t testing.TB, name string) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(nil, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

var sizes = []int{0, 1, 2, 3, 7, 255, 256, 257, 511, 512, 700}

// The frontier, the tiles and x/mod's own tree hash agree at every size.
func TestFrontierAgreesWithTheTiles(t *testing.T) {
	for _, n := range sizes {
		l := newLog(t, n)
		again, err := ParseFrontier(int64(n), l.tree.Marshal())
		if err != nil || again.Root() != l.tree.Root() {
			t.Errorf("%d records: a frontier does not survive Marshal: %v", n, err)
		}
		again.Append(LeafHash([]byte("more")))
		if again.Root() == l.tree.Root() || l.tree.Size() != int64(n) {
			t.Errorf("%d records: appending to a copy changed the tree", n)
		}
		if n == 0 {
			continue
		}
		root, err := tlog.TreeHash(int64(n), HashReader(l.head(), l))
		if err != nil || root != l.tree.Root() {
			t.Errorf("%d records: %v, %v", n, root, err)
		}
		var covered int64
		l.tree.Subtrees(func(lo, hi int64, _ Hash) {
			if lo != covered || hi <= lo {
				t.Errorf("%d records: a subtree of %d to %d behind %d", n, lo, hi, covered)
			}
			covered = hi
		})
		if covered != int64(n) {
			t.Errorf("%d records: subtrees cover %d", n, covered)
		}
	}
	for _, bad := range []struct {
		size  int64
		bytes int
	}{{-1, 0}, {0, 32}, {1, 0}, {3, 32}, {3, 63}, {4, 64}} {
		if _, err := ParseFrontier(bad.size, make([]byte, bad.bytes)); err == nil {
			t.Errorf("a frontier of %d bytes is taken for %d records", bad.bytes, bad.size)
		}
	}
}

func TestAProofShowsItsRecordAlone(t *testing.T) {
	signer, verifier := key(t, "log.example")
	for _, n := range sizes[1:] {
		l := newLog(t, n)
		signed, err := SignCheckpoint(l.head(), signer)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, n / 2, n - 1} {
			p, err := ProveRecord(int64(i), signed, l.head(), l)
			if err != nil {
				t.Fatal(err)
			}
			p, err = ParseProof(p.String())
			if err != nil {
				t.Fatal(err)
			}
			if c, err := p.Check(l.records[i], verifier); err != nil || c != l.head() {
				t.Errorf("record %d of %d: %v, %v", i, n, c, err)
			}
			if _, err := p.Check([]byte("another"), verifier); err == nil {
				t.Errorf("record %d of %d: another record is proved", i, n)
			}
			for k := range p.Hashes {
				p.Hashes[k][5] ^= 1
				if _, err := p.Check(l.records[i], verifier); err == nil {
					t.Errorf("record %d of %d: hash %d does not count", i, n, k)
				}
				p.Hashes[k][5] ^= 1
			}
			_, stranger := key(t, "log.example")
			if _, err := p.Check(l.records[i], stranger); err == nil {
				t.Error("a proof under another key is taken")
			}
		}
		for _, i := range []int64{-1, int64(n)} {
			if _, err := ProveRecord(i, signed, l.head(), l); err == nil {
				t.Errorf("record %d of %d is proved", i, n)
			}
		}
	}
}

func TestGrowth(t *testing.T) {
	full := newLog(t, 700)
	for _, n := range sizes {
		old := newLog(t, n).head()
		p, err := ProveGrowth(old, full.head(), full)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckGrowth(old, full.head(), p); err != nil {
			t.Errorf("from %d: %v", n, err)
		}
		old.Root[0] ^= 1
		if err := CheckGrowth(old, full.head(), p); err == nil && n > 0 {
			t.Errorf("another log of %d records is taken for the beginning", n)
		}
	}
	if err := CheckGrowth(full.head(), newLog(t, 3).head(), nil); err == nil {
		t.Error("a log that shrank is taken")
	}
	other := full.head()
	other.Origin = "other.example"
	if err := CheckGrowth(other, full.head(), nil); err == nil {
		t.Error("another log is taken")
	}
}

func TestCheckpoints(t *testing.T) {
	signer, verifier := key(t, "log.example")
	c := newLog(t, 300).head()
	signed, err := SignCheckpoint(c, signer)
	if err != nil {
		t.Fatal(err)
	}
	want := "log.example\n300\n" + c.Root.String() + "\n\n\u2014 log.example "
	if !strings.HasPrefix(signed, want) {
		t.Errorf("%q does not begin with %q", signed, want)
	}
	got, err := OpenCheckpoint(signed, verifier)
	if err != nil || got != c {
		t.Errorf("%v, %v", got, err)
	}
	for name, bad := range map[string]string{
		"another size":  strings.Replace(signed, "\n300\n", "\n301\n", 1),
		"no signature":  c.Text() + "\n",
		"cut off":       signed[:len(signed)-5],
		"nothing":       "",
		"another log's": strings.Replace(signed, "log.example", "elg.example", 1),
	} {
		if _, err := OpenCheckpoint(bad, verifier); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	// A key that signs for two logs must not let one pass for the other.
	elsewhere, err := SignCheckpoint(Checkpoint{"other.example", c.Size, c.Root}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCheckpoint(elsewhere, verifier); err == nil {
		t.Error("a checkpoint of another origin is taken")
	}
	for _, bad := range []string{"", "a\n1\n", "a\n-1\n" + c.Root.String() + "\n", "a\n01\n" + c.Root.String() + "\n",
		"a\n1\nAAAA\n", "\n1\n" + c.Root.String() + "\n", "a\n1\n" + c.Root.String()} {
		if _, err := ParseCheckpoint(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// The examples of c2sp.org/tlog-tiles.
func TestPaths(t *testing.T) {
	for want, got := range map[string]string{
		"tile/0/x001/x234/067":       TilePath(0, 1234067, TileWidth),
		"tile/0/x001/x234/067.p/8":   TilePath(0, 1234067, 8),
		"tile/3/000":                 TilePath(3, 0, TileWidth),
		"tile/entries/x123/456":      EntriesPath(123456, TileWidth),
		"tile/entries/000.p/255":     EntriesPath(0, 255),
		"tile/entries/x001/000.p/17": EntriesPath(1000, 17),
	} {
		if want != got {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func export(t testing.TB, n int) (TarFiles, Checkpoint, note.Verifier) {
	t.Helper()
	signer, verifier := key(t, "log.example")
	l := newLog(t, n)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	e := NewExporter(TarSink{W: w, At: time.Unix(0, 0)})
	for _, r := range l.records {
		if err := e.Record(r); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := SignCheckpoint(l.head(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Finish(signed, l.head()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := ReadTar(&b, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return files, l.head(), verifier
}

func TestExportsVerifyOffline(t *testing.T) {
	for _, n := range sizes {
		files, head, verifier := export(t, n)
		var read []string
		got, damage, err := CheckFiles(files, verifier, &head, func(i int64, r []byte) error {
			read = append(read, string(r))
			return nil
		})
		if err != nil || len(damage) > 0 || got != head || len(read) != n {
			t.Errorf("%d records: %v, %v, %d read", n, damage, err, len(read))
		}
	}
}

// Every byte of every file of an export counts.
func TestEveryByteOfAnExportCounts(t *testing.T) {
	files, head, verifier := export(t, 300)
	for name, data := range files {
		for i := 0; i < len(data); i += 1 + len(data)/40 {
			data[i] ^= 4
			_, damage, err := CheckFiles(files, verifier, &head, nil)
			if err == nil && len(damage) == 0 {
				t.Errorf("%s: byte %d does not count", name, i)
			}
			data[i] ^= 4
		}
		delete(files, name)
		if _, damage, err := CheckFiles(files, verifier, &head, nil); err == nil && len(damage) == 0 {
			t.Errorf("%s is not missed", name)
		}
		files[name] = data
	}
	older := head
	older.Size += 5
	_, damage, err := CheckFiles(files, verifier, &older, nil)
	if diff := cmp.Diff([]Kind{Truncated}, kinds(damage)); diff != "" || err != nil {
		t.Errorf("truncated since it was last seen: %v %s", err, diff)
	}
}

func kinds(damage []Damage) (ks []Kind) {
	for _, d := range damage {
		ks = append(ks, d.Kind)
	}
	return ks
}

func TestAnExportOfAnotherTreeIsRefused(t *testing.T) {
	l := newLog(t, 5)
	e := NewExporter(TarSink{W: tar.NewWriter(&bytes.Buffer{})})
	for _, r := range l.records[:4] {
		if err := e.Record(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Finish("", l.head()); err == nil {
		t.Error("four records pass for five")
	}
	if err := e.Record(make([]byte, MaxRecord+1)); err == nil {
		t.Error("a record is too long for its length field, and taken")
	}
}

func TestArchivesAreBounded(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	sink := TarSink{W: w}
	for _, name := range []string{"a", "b"} {
		if err := sink.WriteFile(name, make([]byte, 600)); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	if _, err := ReadTar(bytes.NewReader(b.Bytes()), 1000); !errors.Is(err, ErrTarTooLarge) {
		t.Errorf("1200 bytes in an archive of at most 1000: %v", err)
	}
	if _, err := ReadTar(strings.NewReader("nonsense, no archive at all, and longer than one block"+strings.Repeat(".", 600)), 1000); err == nil {
		t.Error("nonsense is taken for an archive")
	}
}

func FuzzParseProof(f *testing.F) {
	l := newLog(f, 300)
	signer, _ := key(f, "log.example")
	signed, err := SignCheckpoint(l.head(), signer)
	if err != nil {
		f.Fatal(err)
	}
	p, err := ProveRecord(77, signed, l.head(), l)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.String())
	f.Add("c2sp.org/tlog-proof@v1\nindex 0\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseProof(s)
		if err != nil {
			return
		}
		if p.String() != s {
			t.Errorf("%q is read, and written as %q", s, p.String())
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(newLog(f, 3).head().Text())
	f.Add("a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCheckpoint(s)
		if err == nil && !strings.HasPrefix(s, c.Text()) {
			t.Errorf("%q is read, and written as %q", s, c.Text())
		}
	})
}

func FuzzParseEntries(f *testing.F) {
	b, err := AppendEntry(nil, []byte("one"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		records, err := ParseEntries(b)
		if err != nil {
			return
		}
		var again []byte
		for _, r := range records {
			if again, err = AppendEntry(again, r); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(again, b) {
			t.Errorf("%x is read, and written as %x", b, again)
		}
	})
}
