package main

import (
	"bytes"
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every command stands in the documentation with an example, and every long
// flag of an example is one that its command takes.
func TestEveryCommandIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nouns() {
		for _, v := range n.verbs {
			if !strings.Contains(string(text), "\nholdfast "+n.name+" "+v.name) {
				t.Errorf("docs/cli.md has no example of holdfast %s %s", n.name, v.name)
			}
		}
	}
	examples := 0
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "holdfast" {
			continue
		}
		known := flagsOf(words[1], words[2])
		if known == nil {
			continue
		}
		line, _, _ = strings.Cut(line, "#")
		for _, w := range strings.Fields(line) {
			if name, ok := strings.CutPrefix(w, "--"); ok && known.Lookup(name) == nil {
				t.Errorf("docs/cli.md: %s: there is no --%s", strings.TrimSpace(line), name)
			}
		}
		examples++
	}
	if examples < 50 {
		t.Errorf("only %d examples were found", examples)
	}
}

func flagsOf(noun, verb string) *flag.FlagSet {
	for _, n := range nouns() {
		for _, v := range n.verbs {
			if n.name == noun && v.name == verb {
				fs := flag.NewFlagSet("", flag.ContinueOnError)
				(&hostFlags{}).flags(fs)
				if v.flags != nil {
					v.flags(fs)
				}
				if v.list {
					fs.Int("limit", 0, "")
				}
				return fs
			}
		}
	}
	return nil
}

// elsewhere is a server that answers one thing to every call.
func elsewhere(t *testing.T, status int, body string) (url, tokenFile string, calls *[]*http.Request) {
	t.Helper()
	calls = &[]*http.Request{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*calls = append(*calls, r)
		w.WriteHeader(status)
		w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	tokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte("hft_"+strings.Repeat("A", 43)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return s.URL, tokenFile, calls
}

func cli(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), console{strings.NewReader(""), &out, &errs}, args)
	return out.String(), errs.String(), code
}

// What somebody calls themselves is a part of a path, not a path.
func TestNamesAreEscaped(t *testing.T) {
	url, token, calls := elsewhere(t, 200, `{"id":"grp_1","name":"x"}`)
	if _, errs, code := cli(t, "group", "rename", "a/../../people?x=1#y", "new", "--url", url, "--token-file", token); code != 0 {
		t.Fatalf("%d %s", code, errs)
	}
	r := (*calls)[0]
	if r.RequestURI != "/api/v1/groups/a%2F..%2F..%2Fpeople%3Fx=1%23y" || r.Method != http.MethodPatch {
		t.Errorf("%s %s", r.Method, r.RequestURI)
	}
	if r.Header.Get("Idempotency-Key") == "" || r.Header.Get("Authorization") != "Bearer hft_"+strings.Repeat("A", 43) {
		t.Errorf("%v", r.Header)
	}
}

func TestWhatIsNoHoldfastIsSaid(t *testing.T) {
	url, token, _ := elsewhere(t, 404, "<html>")
	_, errs, code := cli(t, "person", "list", "--url", url, "--token-file", token)
	if code != 1 || !strings.Contains(errs, "is it a Holdfast?") {
		t.Errorf("%d %s", code, errs)
	}
}

// A redirect would take the token elsewhere.
func TestRedirectsAreNotFollowed(t *testing.T) {
	other, _, got := elsewhere(t, 200, `{"items":[]}`)
	s := httptest.NewServer(http.RedirectHandler(other, http.StatusTemporaryRedirect))
	defer s.Close()
	_, token, _ := elsewhere(t, 200, "")
	_, errs, code := cli(t, "person", "list", "--url", s.URL, "--token-file", token)
	if code != 1 || len(*got) != 0 {
		t.Errorf("%d %s: the other server was called %d times", code, errs, len(*got))
	}
}

// What comes from elsewhere cannot steer the terminal.
func TestTablesShowNoControlCharacters(t *testing.T) {
	url, token, _ := elsewhere(t, 200, `{"items":[{"id":"per_1","name":"a\u001b[31m\tb","email":"x"}]}`)
	out, _, code := cli(t, "person", "list", "--url", url, "--token-file", token)
	if code != 0 || strings.Contains(out, "\x1b") || !strings.Contains(out, "per_1") {
		t.Errorf("%d %q", code, out)
	}
}
