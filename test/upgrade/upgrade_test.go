package upgrade

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	_ "modernc.org/sqlite" // older

	_ "github.com/jackc/pgx/v5/stdlib" // older

	"holdfast/edge/store/migrate"
	"holdfast/test/client"
	"holdfast/test/world"
)

const testdata = "testdata"

// steps are those of the fixtures.
func steps() []int64 { return []int64{1} }

// A backup of an older schema is restored and migrated.
func TestRestoreOlderBackup(t *testing.T) {
	each(t, func(t *testing.T, w *world.World, f Fixture, backup string) {
		out, err := world.Host(t, "restore", backup, "--config", w.Config)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(out), "Restored into") {
			t.Errorf("%s", out)
		}
		w.Start(t)
		if got := w.Verify(t).Records; got < f.Records+1 { // that it was restored
			t.Errorf("%d records of %d came along", got, f.Records)
		}
		works(t, w, f)
	})
}

// A database of an older schema is migrated by the server when it starts.
func TestServeOlderDatabase(t *testing.T) {
	each(t, func(t *testing.T, w *world.World, f Fixture, backup string) {
		older(t, w, f, backup)
		w.Start(t)
		works(t, w, f)
	})
}

// Where migrate is manual, the server waits until somebody has looked, made a
// backup and migrated.
func TestManualMigration(t *testing.T) {
	each(t, func(t *testing.T, w *world.World, f Fixture, backup string) {
		older(t, w, f, backup)
		config, err := os.ReadFile(w.Config)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(w.Config, append(config, "migrate: manual\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Host("serve"); err == nil || !strings.Contains(err.Error(), "holdfast migrate --plan") {
			t.Errorf("serve: %v", err)
		}
		plan := planOf(t, w)
		if plan.At != f.Step || len(plan.Steps) == 0 || plan.Backup != "" {
			t.Errorf("the plan is %+v", plan)
		}
		if rows := plan.Steps[0].Touched["person"]; rows != int64(len(f.People)+2) {
			t.Errorf("%d people are touched", rows)
		}
		text, err := w.Host("migrate", "--plan")
		if err != nil || !strings.Contains(string(text), "alter table person add column") || !strings.Contains(string(text), "NO BACKUP") {
			t.Errorf("%v: %s", err, text)
		}
		// The backup before the upgrade leaves the schema as it is, and the log says that it was made.
		if _, err := w.Host("backup", "--to", t.TempDir(), "--danger-plain"); err != nil {
			t.Fatal(err)
		}
		if plan = planOf(t, w); plan.At != f.Step || plan.Backup == "" || plan.Since != 0 {
			t.Errorf("after a backup the plan is %+v", plan)
		}
		if _, err := w.Host("migrate"); err != nil {
			t.Fatal(err)
		}
		if plan = planOf(t, w); len(plan.Steps) != 0 {
			t.Errorf("after migrating the plan is %+v", plan)
		}
		w.Start(t)
		works(t, w, f)
	})
}

type plan struct {
	At    int64
	Steps []struct {
		Name    string
		Touched map[string]int64
	}
	Backup string
	Since  int64 `json:"records_since_backup"`
}

func planOf(t *testing.T, w *world.World) (p plan) {
	t.Helper()
	out, err := w.Host("migrate", "--plan", "--json")
	if err == nil {
		err = json.Unmarshal(out, &p)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return p
}

func each(t *testing.T, do func(t *testing.T, w *world.World, f Fixture, backup string)) {
	for _, engine := range world.Engines {
		for _, step := range steps() {
			f, backup, err := Load(testdata, step)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(string(engine)+" from "+f.Ground, func(t *testing.T) {
				do(t, world.Prepare(t, engine), f, backup)
			})
		}
	}
}

// works is what people and applications expect the morning after.
func works(t *testing.T, w *world.World, f Fixture) {
	t.Helper()
	w.Verify(t)
	for _, p := range f.People {
		key, err := p.Passkey.Key(w.Base)
		if err != nil {
			t.Fatal(err)
		}
		b, err := client.New(w.Base, key)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.SignIn(t.Context(), "", "")
		if p.Refused != "" {
			if problem, ok := errors.AsType[*client.Problem](err); !ok || problem.Code != p.Refused {
				t.Errorf("%s: %v, want %s", p.Name, err, p.Refused)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s does not come in: %v", p.Name, err)
			continue
		}
		page, err := b.Get(t.Context(), "/console/people")
		if err != nil || p.Administrator != (page.Status == 200) {
			t.Errorf("%s asks for the console: %v, %v", p.Name, page.Status, err)
		}
	}
	tokens(t, w, f.App)
	people := w.People(t)
	if len(people) != len(f.People)+1 { // one who is only invited; who was erased is not listed
		t.Errorf("%d people are listed", len(people))
	}
	w.Enrol(t, "New Comer", "new@example.org")
	w.Verify(t)
	w.Restart(t)
	w.Verify(t)
}

// tokens go on, and one that was stolen before still ends its family.
func tokens(t *testing.T, w *world.World, held App) {
	t.Helper()
	a, err := client.NewApp(t.Context(), w.Base, client.Registered{ClientID: held.ClientID, ClientSecret: held.ClientSecret}, held.RedirectURI)
	if err != nil {
		t.Fatal(err)
	}
	refresh := func(token string) (*oauth2.Token, error) {
		return a.OAuth.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token}).Token()
	}
	next, err := refresh(held.Refresh)
	if err != nil {
		t.Fatalf("the refresh token is not taken: %v", err)
	}
	info, err := a.Provider.UserInfo(t.Context(), oauth2.StaticTokenSource(next))
	if err != nil || info.Subject == "" {
		t.Errorf("userinfo: %v", err)
	}
	if _, err := refresh(held.Retired); err == nil {
		t.Error("a replaced refresh token is taken")
	}
	if _, err := refresh(held.Other); err == nil {
		t.Error("the family of a stolen token goes on")
	}
}

// older makes the database as the released program left it: its schema, and the
// rows of the backup, without a word of today's code but the frozen steps.
func older(t *testing.T, w *world.World, f Fixture, backup string) {
	t.Helper()
	all, err := migrate.Steps()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(w.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	driver, at, types := "sqlite", w.Data+"/holdfast.db", migrate.Types{"TEXT": "text", "BIGINT": "bigint", "BYTES": "blob", "NUMBER": "integer", "KEYED": "without rowid"}
	if w.DSN != "" {
		driver, at, types = "pgx", w.DSN, migrate.Types{"TEXT": `text collate "C"`, "BIGINT": "bigint", "BYTES": "bytea", "NUMBER": "bigint", "KEYED": ""}
	}
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, s := range all[:f.Step] {
		for _, text := range s.Statements(types) {
			if _, err := tx.Exec(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := tx.Exec("create table schema_step (version bigint primary key)"); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("insert into schema_step (version) values ($1)", f.Step); err != nil {
		t.Fatal(err)
	}
	key := load(t, tx, backup)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.Data+"/master.key", []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}
