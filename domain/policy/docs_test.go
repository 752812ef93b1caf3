package policy

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDocsNameEverything: docs/policy.md has every key, every word and every
// field of the language.
func TestDocsNameEverything(t *testing.T) {
	raw, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(raw)
	seen := map[reflect.Type]bool{}
	var walk func(typ reflect.Type)
	walk = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		if w, ok := reflect.Zero(typ).Interface().(interface{ Words() []string }); ok {
			for _, word := range w.Words() {
				if !strings.Contains(docs, "`"+word+"`") {
					t.Errorf("%s: docs/policy.md has no `%s`", typ.Name(), word)
				}
			}
		}
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				f := typ.Field(i)
				if !f.IsExported() {
					continue
				}
				name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
				if name != "" && !strings.Contains(docs, "`"+name+"`") {
					t.Errorf("%s: docs/policy.md has no `%s`", typ.Name(), name)
				}
				walk(f.Type)
			}
		}
	}
	walk(reflect.TypeFor[Document]())
	compiler := NewCompiler()
	for _, s := range []Scope{ScopeRequest, ScopeGate, ScopeAccount, ScopeOperator, ScopeProcedure} {
		for _, field := range compiler.Fields(s) {
			if name := field[strings.LastIndexByte(field, '.')+1:]; !strings.Contains(docs, "`"+name+"`") {
				t.Errorf("docs/policy.md has no field %s", field)
			}
		}
	}
	for _, f := range allowed() {
		if !strings.ContainsAny(f, "_@") && !strings.Contains(docs, f) {
			t.Errorf("docs/policy.md has no function %s", f)
		}
	}
}
