package administration

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/test/world"
)

// The socket answers the whole API without a token, as the user of the host
// whom the kernel names, whatever the caller says.
func TestTheSocketIsTheHostsAdministrator(t *testing.T) {
	w := world.New(t, world.SQLite)
	w.Admin(t)
	socket := filepath.Join(w.Data, "holdfast.sock")
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	c := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	get := func(method, path string) (int, map[string]any) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://host"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer hft_"+strings.Repeat("A", 43))
		r.Header.Set("X-Forwarded-User", "somebody")
		a, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		var body map[string]any
		if err := json.NewDecoder(a.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		return a.StatusCode, body
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get("GET", "/api/v1/me"); status != 200 || body["actor"] != "host:"+me.Username {
		t.Errorf("%d %v", status, body)
	}
	if status, body := get("DELETE", "/api/v1/people/root@example.org"); status != 409 || body["code"] != "last_administrator" {
		t.Errorf("%d %v", status, body)
	}
	// What is the host's alone is nowhere on the network.
	for _, path := range []string{"/setup/link", "/audit/verify", "/audit/export", "/backup/made", "/api/v1/setup/link", "/api/v1/audit/verify"} {
		a, err := http.Post(w.Base+path, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s: %s", path, a.Status)
		}
	}
}
