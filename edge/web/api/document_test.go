package api_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"holdfast/domain/authority"
	"holdfast/edge/web/api"
)

var update = flag.Bool("update", false, "write the golden files anew")

const golden = "../../../docs/api/openapi.yaml"

func allScopes() []string { return authority.Everything().Strings() }

func document(t *testing.T, w *world) []byte {
	t.Helper()
	text, err := w.api.Document()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTheDocumentIsTheGoldenFile(t *testing.T) {
	got := document(t, newWorld(t))
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/api/openapi.yaml is not what the API says: look at the difference after go test ./edge/web/api -run Golden -update")
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	w := newWorld(t)
	for name, kind := range map[string]string{"/openapi.yaml": "application/openapi+yaml", "/openapi.json": "application/openapi+json"} {
		got := w.program("").do("GET", name, "").want(200)
		if got.header.Get("Content-Type") != kind || !strings.Contains(string(got.body), "list-people") {
			t.Errorf("%s: %s", name, got.header.Get("Content-Type"))
		}
	}
	if got := w.program("").do("GET", "/openapi.yaml", ""); !bytes.Equal(got.body, document(t, w)) {
		t.Error("another document is served than Document gives")
	}
}

func TestEveryOperationOfTheDocumentIsARoute(t *testing.T) {
	w := newWorld(t)
	routes := map[string]bool{}
	for _, r := range w.mux.Routes() {
		routes[r.Pattern] = true
	}
	n, inPath := 0, 0
	path := ""
	for line := range strings.Lines(string(document(t, w))) {
		word := strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(word, "  /"):
			path = strings.TrimSuffix(strings.TrimSpace(word), ":")
		case path != "" && strings.HasPrefix(word, "    ") && !strings.HasPrefix(word, "     "):
			method := strings.ToUpper(strings.TrimSuffix(strings.TrimSpace(word), ":"))
			n++
			inPath += strings.Count(path, "{")
			if !routes[method+" "+api.Prefix+path] {
				t.Errorf("%s %s is in the document and no route", method, path)
			}
		}
	}
	if said := strings.Count(string(document(t, w)), "in: path\n"); said != inPath {
		t.Errorf("%d parameters are in paths, and %d are described", inPath, said)
	}
	if n < 40 {
		t.Errorf("only %d operations were found in the document", n)
	}
}
