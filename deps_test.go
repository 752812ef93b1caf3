package holdfast_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "holdfast"

// may says which rings the code of a ring may import besides its own.
var may = map[string][]string{
	"root":   {},
	"spec":   {"root"},
	"domain": {"root", "spec"},
	"flow":   {"root", "spec", "domain"},
	"edge":   {"root", "spec", "domain", "flow"},
	"cmd":    {"root", "spec", "domain", "flow", "edge"},
	"test":   {"root", "spec", "domain", "flow", "edge", "cmd"},
}

// Inner rings get time, storage, the network and chance by their arguments.
var (
	inner     = []string{"root", "spec", "domain", "flow"}
	forbidden = []string{"net/http", "database/sql", "os", "log/slog", "math/rand"}
)

// file is one Go file of this module: where it is and what it imports.
type file struct {
	path    string // slash-separated, from the root
	dir     string
	test    bool
	name    string // of the package
	doc     string
	imports []string
}

// goFiles parses every Go file of this module but of nested modules. It opens
// the files itself: a test that asks `go list` is answered from the test cache
// and misses what changed.
func goFiles(t *testing.T) []file {
	t.Helper()
	var files []file
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(p, d)
		}
		if strings.HasSuffix(p, ".go") {
			f, err := readFile(p)
			if err != nil {
				return err
			}
			files = append(files, f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 5 {
		t.Fatalf("only %d Go files found: is the test run at the root of the module?", len(files))
	}
	return files
}

// skipDir leaves out what the go command leaves out.
func skipDir(p string, d fs.DirEntry) error {
	if p == "." {
		return nil
	}
	if n := d.Name(); strings.HasPrefix(n, ".") || strings.HasPrefix(n, "_") || n == "testdata" || n == "node_modules" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func readFile(p string) (file, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return file{}, err
	}
	p = filepath.ToSlash(p)
	f := file{path: p, dir: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), name: parsed.Name.Name, doc: parsed.Doc.Text()}
	for _, i := range parsed.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return file{}, err
		}
		f.imports = append(f.imports, name)
	}
	return f, nil
}

// ring is the first part of a folder below the module: "spec/cose" is in spec.
func ring(dir string) string {
	if dir == "." || dir == "" {
		return "root"
	}
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// offence says why a file in dir must not import name, or "".
func offence(dir string, test bool, name string) string {
	from := ring(dir)
	if _, known := may[from]; !known {
		return "stands in a folder that is no ring"
	}
	rest, ours := strings.CutPrefix(name, module+"/")
	if name == module {
		rest, ours = "", true
	}
	to := ring(rest)
	switch {
	case !ours && !test && slices.Contains(inner, from) && forbiddenStd(name):
		return "is for the outer rings: what it gives is passed in"
	case !ours:
		return ""
	case test && to == "test":
		return "" // tests lean on the fixtures of test/
	case to == from && from == "flow" && !sameFlow(dir, rest):
		return "flows never import flows: they meet in domain"
	case to != from && !slices.Contains(may[from], to):
		return "points outwards"
	}
	return ""
}

func forbiddenStd(name string) bool {
	return slices.ContainsFunc(forbidden, func(f string) bool { return name == f || strings.HasPrefix(name, f+"/") })
}

// sameFlow: a flow may have packages below it.
func sameFlow(a, b string) bool {
	part := func(s string) string { return strings.Join(strings.SplitN(s+"//", "/", 3)[:2], "/") }
	return part(a) == part(b)
}

func TestImportsPointInwards(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, name := range f.imports {
			if why := offence(f.dir, f.test, name); why != "" {
				t.Errorf("%s imports %s, which %s", f.path, name, why)
			}
		}
	}
}

// A rule that refuses nothing would pass for ever.
func TestTheImportRuleRefuses(t *testing.T) {
	for _, c := range []struct {
		dir, name string
		test      bool
		refused   bool
	}{
		{".", "holdfast/spec/cose", false, true},
		{".", "os", false, true},
		{".", "os", true, false},
		{"spec/cose", "holdfast", false, false},
		{"spec/cose", "holdfast/domain/audit", false, true},
		{"spec/webauthn", "holdfast/spec/cose", false, false},
		{"spec/webauthn", "net/http/httptest", false, true},
		{"spec/webauthn", "math/rand/v2", false, true},
		{"spec/webauthn", "holdfast/test/softkey", true, false},
		{"domain/session", "holdfast/flow/signin", false, true},
		{"flow/signin", "holdfast/flow/enrol", false, true},
		{"flow/signin", "holdfast/flow/enrol", true, true},
		{"flow/signin", "holdfast/flow/signin/state", false, false},
		{"flow/signin", "database/sql", false, true},
		{"edge/store", "database/sql", false, false},
		{"edge/store", "holdfast/cmd/holdfast", false, true},
		{"edge/web/door", "holdfast/flow/signin", false, false},
		{"cmd/holdfast", "holdfast/edge/web/door", false, false},
		{"cmd/holdfast", "holdfast/test/softkey", false, true},
		{"test/world", "holdfast/cmd/holdfast", false, false},
		{"internal/util", "os", false, true},
	} {
		if why := offence(c.dir, c.test, c.name); (why != "") != c.refused {
			t.Errorf("%s imports %s (test %v): got %q, want refused %v", c.dir, c.name, c.test, why, c.refused)
		}
	}
}
