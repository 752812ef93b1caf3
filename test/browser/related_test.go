package browser

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"holdfast/domain/verdict/verdicttest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/edge/keys"
	"holdfast/edge/store"
	"holdfast/flow/govern"
	"holdfast/test/certificate"
	"holdfast/test/world"
)

// A server of two names with one RP ID, as an organisation with two brands has it.
const (
	ownOrigin   = "https://id.kelp.test"
	brandOrigin = "https://login.shore.test"
	brandRPID   = "kelp.test"
)

// brands serves both names over https, and starts a browser that trusts it.
func brands(t *testing.T) (*Demo, *world.World, *Browser) {
	t.Helper()
	pair := certificate.New(t).Issue(t, "id.kelp.test")
	spki := sha256.Sum256(pair.TLS(t).Leaf.RawSubjectPublicKeyInfo)
	w := world.Prepare(t, world.SQLite)
	port := world.FreePort(t)
	w.Base = ownOrigin
	text := fmt.Sprintf("origin: %s\nrp_id: %s\nlisten: localhost:%d\ndata: %s\ntls:\n  cert_file: %s\n  key_file: %s\n",
		ownOrigin, brandRPID, port, w.Data, pair.CertFile, pair.KeyFile)
	if err := os.WriteFile(w.Config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	name(t, w.Data, brandOrigin)
	w.Start(t)
	demo := &Demo{Origin: ownOrigin, Data: w.Data, SetUp: ownOrigin + "/setup#" + w.SetUpTicket(t)}
	return demo, w, StartSecure(t, port, base64.StdEncoding.EncodeToString(spki[:]))
}

// name sets the related origins of a server that is not running, as its host.
func name(t *testing.T, data string, origins ...string) {
	t.Helper()
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	master, err := keys.Load(filepath.Join(data, "master.key"), true)
	if err != nil {
		t.Fatal(err)
	}
	signer, verifier, _, err := master.Log(brandRPID + "/holdfast-audit")
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Config{SQLite: filepath.Join(data, "holdfast.db"), Signer: signer, Verifier: verifier, Sealer: master})
	if err != nil {
		t.Fatal(err)
	}
	g := govern.New(store.Port[govern.Tx]{DB: db}, time.Now, ownOrigin, verdicttest.Fresh(t))
	if err := g.SetRelatedOrigins(t.Context(), holdfast.Actor{Kind: holdfast.ActorHost, ID: "test"}, origins, ""); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// WebAuthn L3 §5.11, with a browser that asks for the list and obeys it.
func TestRelatedOriginsInTheBrowser(t *testing.T) {
	t.Parallel()
	demo, w, b := brands(t)
	robin, ada := b.Tab(t, "robin"), b.Tab(t, "ada")
	ada.NoAutofill()
	robin.Add(Synced)
	cloud := ada.Add(Synced)
	robin.Open(demo.SetUp)
	robin.Fill("#organisation", "Kelp & Shore")
	robin.Fill("#name", "Robin Wrack")
	robin.Fill("#email", "robin@kelp.example")
	robin.Click("[data-go]")
	robin.At("/welcome")

	t.Run("a passkey is made at a related origin", func(t *testing.T) {
		ada := ada.For(t)
		link := strings.Replace(demo.Invite(t, "Ada", "ada@kelp.example").URL, ownOrigin, brandOrigin, 1)
		ada.Open(link)
		ada.Says("h1", "Welcome, Ada")
		look(t, ada, "enrol")
		ada.Click("[data-go]")
		ada.At("/welcome")
		if at := ada.Location(); at != brandOrigin+"/welcome" {
			t.Errorf("the person is at %s", at)
		}
		if c := cloud.only(t); c.RpID != brandRPID {
			t.Errorf("it was made under %s", c.RpID)
		}
	})
	t.Run("it signs in at the server's own origin, where nobody was signed in", func(t *testing.T) {
		ada := ada.For(t)
		ada.Open(ownOrigin + "/me/passkeys")
		ada.At("/signin")
		ada.Click("[data-go]")
		ada.At("/me/passkeys")
		ada.Says("h1", "You have one passkey")
	})
	t.Run("and at the related origin again", func(t *testing.T) {
		ada := ada.For(t)
		ada.Open(brandOrigin + "/signout")
		ada.Submits("button.primary")
		ada.Says("h1", "You are signed out")
		ada.Open(brandOrigin + "/signin")
		look(t, ada, "signin")
		ada.Click("[data-go]")
		ada.At("/")
		ada.Says("h1", "Hello, Ada")
		if at := ada.Location(); at != brandOrigin+"/" {
			t.Errorf("the person is at %s", at)
		}
		ada.Open(ownOrigin + "/me/sessions")
		ada.Says("h1", "You are signed in in 2 places")
	})
	t.Run("the console stays where it is", func(t *testing.T) {
		robin := robin.For(t)
		robin.Open(brandOrigin + "/console")
		robin.Until(fmt.Sprintf(`location.origin === %q && location.pathname === "/console"`, ownOrigin))
	})
	t.Run("the documents", func(t *testing.T) {
		robin := robin.For(t)
		for path, want := range map[string]string{
			"/.well-known/webauthn":          `{"origins":["https://id.kelp.test","https://login.shore.test"]}`,
			"/.well-known/passkey-endpoints": `{"enroll":"https://id.kelp.test/me/passkeys","manage":"https://id.kelp.test/me/passkeys"}`,
		} {
			robin.Open("https://" + brandRPID + path)
			got := strings.TrimSpace(robin.Text("body"))
			if !json.Valid([]byte(got)) || got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
	})
	t.Run("another RP ID is refused at the next start", func(t *testing.T) {
		w.Stop(t)
		text, err := os.ReadFile(w.Config)
		if err != nil {
			t.Fatal(err)
		}
		changed := filepath.Join(filepath.Dir(w.Config), "changed.yaml")
		if err := os.WriteFile(changed, []byte(strings.Replace(string(text), "rp_id: "+brandRPID, "rp_id: id.kelp.test", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = world.Host(t, "serve", "--config", changed)
		if err == nil || !strings.Contains(err.Error(), "2 passkeys") || !strings.Contains(err.Error(), "Set rp_id: kelp.test again") {
			t.Errorf("got %v", err)
		}
		w.Start(t)
		ada := ada.For(t)
		ada.Open(ownOrigin + "/me/passkeys")
		ada.Says("h1", "You have one passkey")
	})
}
