package holdfast_test

import (
	"fmt"
	"strings"
	"testing"
)

// minDoc is how many words a package doc has at least: one sentence for what
// the package is for, one for what it refuses to do.
const minDoc = 15

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	docs, names := map[string]string{}, map[string]string{}
	for _, f := range goFiles(t) {
		if _, seen := docs[f.dir]; !seen {
			docs[f.dir] = ""
		}
		if !f.test || names[f.dir] == "" {
			names[f.dir] = strings.TrimSuffix(f.name, "_test")
		}
		if len(f.doc) > len(docs[f.dir]) {
			docs[f.dir] = f.doc
		}
	}
	for dir, doc := range docs {
		if why := docOffence(names[dir], doc); why != "" {
			t.Errorf("%s: the package doc %s", dir, why)
		}
	}
}

func docOffence(name, doc string) string {
	opening := "Package " + name + " "
	if name == "main" {
		opening = "Command "
	}
	switch n := len(strings.Fields(doc)); {
	case n == 0:
		return "is missing"
	case !strings.HasPrefix(strings.Join(strings.Fields(doc), " "), opening):
		return fmt.Sprintf("does not begin with %q", opening)
	case n < minDoc:
		return fmt.Sprintf("has %d words, and says hardly what the package is for and what it refuses", n)
	}
	return ""
}

func TestThePackageDocRuleRefuses(t *testing.T) {
	long := strings.Repeat("word ", minDoc)
	for _, c := range []struct {
		name, doc string
		refused   bool
	}{
		{"cose", "", true},
		{"cose", "Package cose has keys.", true},
		{"cose", "This package " + long, true},
		{"cose", "Package cose " + long, false},
		{"main", "Command holdfast " + long, false},
		{"main", "Package main " + long, true},
	} {
		if why := docOffence(c.name, c.doc); (why != "") != c.refused {
			t.Errorf("%s, %q: got %q, want refused %v", c.name, c.doc, why, c.refused)
		}
	}
}
