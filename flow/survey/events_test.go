package survey

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/domain/audit"
)

// Every type of event that the program can record was thought of: it is in the
// table, or it is made of a kind of ticket and what became of it.
func TestEveryEventIsThoughtOf(t *testing.T) {
	found := map[audit.Type]string{}
	for _, root := range []string{"../../domain", "../../flow", "../../edge"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if d != nil && d.IsDir() && strings.HasSuffix(path, "test") {
				return filepath.SkipDir
			}
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return eventsIn(path, found)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"setup", "invitation", "replacement"} {
		for _, verb := range []string{"issued", "redeemed", "revoked"} {
			found[audit.Type(kind+"."+verb)] = "domain/ticket"
		}
	}
	if len(found) < 80 {
		t.Fatalf("only %d types of events were found: does this test still read the sources?", len(found))
	}
	for event, where := range found {
		if _, ok := reaches[event]; !ok {
			t.Errorf("%s (%s) is not in the table: whose account does it touch?", event, where)
		}
	}
	for event := range reaches {
		if _, ok := found[event]; !ok && !slices.Contains(notYet, event) {
			t.Errorf("%s is in the table, and nothing records it", event)
		}
	}
}

// notYet are events that other tables of the program name, too, and that
// nothing records yet.
var notYet = []audit.Type{"person.exception_given", "person.exception_ended", "organisation.time_moved"}

var eventName = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)

// eventsIn finds the types that a file passes to what makes events of them.
func eventsIn(path string, found map[audit.Type]string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return err
	}
	note := func(e ast.Expr) {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil && eventName.MatchString(text) {
				found[audit.Type(text)] = path
			}
		}
	}
	makes := []string{"New", "event", "move", "Step", "Type", "changed", "Finish", "put", "Imported"}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := ""
			switch f := n.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			if slices.Contains(makes, name) {
				for _, a := range n.Args {
					note(a)
				}
			}
		case *ast.ValueSpec:
			if s, ok := n.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Type" {
				for _, v := range n.Values {
					note(v)
				}
			}
		}
		return true
	})
	return nil
}

func TestWhomRecordsTouch(t *testing.T) {
	for _, c := range []struct {
		name string
		in   audit.Entry
		want touched
	}{
		{"their own", audit.Entry{Type: "credential.suspended", Person: "per_a", Puts: []audit.EntryPut{{Table: "credential", Key: "k"}}}, touched{people: []holdfast.PersonID{"per_a"}}},
		{"a type that nobody has thought of", audit.Entry{Type: "something.new", Person: "per_a"}, touched{people: []holdfast.PersonID{"per_a"}}},
		{"somebody new", audit.Entry{Type: "person.added", Subject: "per_a", Person: "per_a", Puts: []audit.EntryPut{{Table: "person", Key: "per_a"}}}, touched{people: []holdfast.PersonID{"per_a"}}},
		{"a group with another name", audit.Entry{Type: "group.renamed", Subject: "grp_a"}, touched{groups: []holdfast.GroupID{"grp_a"}}},
		{"a group that is gone", audit.Entry{Type: "group.removed", Subject: "grp_a", Puts: []audit.EntryPut{{Table: "membership", Key: "per_a/grp_a", Removed: true}, {Table: "membership", Key: "per_b/grp_a", Removed: true}}},
			touched{groups: []holdfast.GroupID{"grp_a"}, people: []holdfast.PersonID{"per_a", "per_b"}}},
		{"a power", audit.Entry{Type: "surrounding.declared", Subject: "sur_a"}, touched{core: true}},
		{"a mailbox", audit.Entry{Type: "surrounding.declared", Subject: "sur_a", Person: "per_a"}, touched{people: []holdfast.PersonID{"per_a"}}},
		{"the policy", audit.Entry{Type: "policy.applied", Subject: "rev_a"}, touched{all: true}},
		{"another log", audit.Entry{Type: "log.restored"}, touched{anew: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, touchedBy([]audit.Entry{c.in, c.in}), cmp.AllowUnexported(touched{})); diff != "" {
				t.Error(diff)
			}
			if !watches(c.in.Type) {
				t.Error("it is not read")
			}
		})
	}
	if watches("session.opened") || watches("credential.used") {
		t.Error("a sign-in is read")
	}
}
