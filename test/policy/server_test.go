package policy

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // edits a database behind the server's back

	"holdfast/test/client"
	"holdfast/test/story"
	"holdfast/test/world"
)

// bank is a server, its administrator at a browser, and files on the host.
type bank struct {
	*world.World
	t    *testing.T
	root *client.Client
	dir  string
}

// engines runs a test on both.
func engines(t *testing.T, test func(b *bank)) {
	for _, e := range world.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			w := world.New(t, e)
			test(&bank{w, t, w.Admin(t), t.TempDir()})
		})
	}
}

func (b *bank) file(name string, text []byte) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// shown is a revision as the command line prints it.
type shown struct {
	ID, State, Digest, Previous, Author, Host string
	Number, Needs                             int64
	Lowers                                    bool
	Approvals                                 []struct{ By, Why string }
	Approvers                                 []string
	Administrators                            int
	Impact                                    json.RawMessage
}

type inForce struct {
	Revision, Digest, Name, Text, Trouble, Decides string
	Number                                         int64
}

func (b *bank) inForce() (p inForce) {
	b.t.Helper()
	b.CLI(b.t, &p, "policy", "show")
	return p
}

// hostRefused runs a command of the host that must be refused.
func (b *bank) hostRefused(code string, args ...string) string {
	b.t.Helper()
	_, err := b.Host(args...)
	var refusal *world.Refusal
	if !errors.As(err, &refusal) || refusal.Status != 1 || !strings.Contains(refusal.Stderr, code) {
		b.t.Fatalf("holdfast %s: got %v, want %s", strings.Join(args, " "), err, code)
	}
	return refusal.Stderr
}

var secret = regexp.MustCompile(`hft_[A-Za-z0-9_-]{43}`)

// token makes a token in the console, as its owner does, and gives its file.
func (b *bank) token(c *client.Client, scopes ...string) string {
	b.t.Helper()
	page, err := c.PostForm(b.t.Context(), "/console/tokens", url.Values{"name": {"cli"},
		"ends": {time.Now().AddDate(0, 0, 7).Format(time.DateOnly)}, "scope": scopes})
	if err != nil || page.Status != http.StatusOK {
		b.t.Fatalf("make a token: %v %d: %.2000s", err, page.Status, page.Body)
	}
	return b.file("token-"+c.Cookie("holdfast")[:8], secret.Find(page.Body))
}

// as runs a command elsewhere, with a token.
func (b *bank) as(token string, args ...string) (stdout, stderr string, status int) {
	b.t.Helper()
	cmd := exec.Command(world.Binary(b.t), args...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "HOLDFAST_URL="+b.Base, "HOLDFAST_TOKEN_FILE="+token)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		b.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func (b *bank) asRefused(token, code string, args ...string) {
	b.t.Helper()
	if _, errs, status := b.as(token, args...); status != 1 || !strings.Contains(errs, code) {
		b.t.Fatalf("holdfast %v: %d %s, want %s", args, status, errs, code)
	}
}

// second adds an administrator who signs in.
func (b *bank) second() *client.Client {
	b.t.Helper()
	c, id := b.Enrol(b.t, "Second", "second@example.org")
	b.CLI(b.t, nil, "person", "role", id, "administrator")
	again := b.SignIn(b.t, c)
	return again
}

var policyScopes = []string{"policy:read", "policy:write", "policy:approve"}

func TestAPolicyFromAFileToInForce(t *testing.T) {
	engines(t, func(b *bank) {
		t := b.t
		if p := b.inForce(); p.Number != 0 || p.Name != "nist-aal2" || p.Trouble != "" {
			t.Fatalf("a fresh installation runs %+v", p)
		}
		file := b.file("policy.yaml", story.Preset(t, overall, shorter))
		rootToken := b.token(b.root, policyScopes...)

		// While one administers alone, the host approves, and the record says so.
		var rev shown
		out, errs, status := b.as(rootToken, "policy", "propose", file, "--note", "shorter days", "--json")
		if status != 0 || json.Unmarshal([]byte(out), &rev) != nil {
			t.Fatalf("%d %s", status, errs)
		}
		if rev.Number != 1 || rev.State != "proposed" || !strings.HasPrefix(rev.Author, "person:") || !strings.Contains(rev.Host, "two administrators") {
			t.Errorf("%+v", rev)
		}
		b.asRefused(rootToken, "in_person", "policy", "approve", rev.ID)
		b.asRefused(rootToken, "in_person", "policy", "apply", rev.ID)
		b.hostRefused("not_approved", "policy", "apply", rev.ID)
		b.CLI(t, &rev, "policy", "approve", rev.ID)
		if rev.State != "approved" || len(rev.Approvals) != 1 || !strings.HasPrefix(rev.Approvals[0].By, "host:") || rev.Approvals[0].Why == "" {
			t.Errorf("%+v", rev)
		}
		var plan shown
		b.CLI(t, &plan, "policy", "apply", rev.ID, "--plan")
		if plan.State != "approved" || plan.Administrators != 1 || !bytes.Contains(plan.Impact, []byte(`"administrators_after":1`)) {
			t.Errorf("the plan: %+v %s", plan, plan.Impact)
		}
		if p := b.inForce(); p.Number != 0 {
			t.Errorf("--plan put it in force")
		}
		b.CLI(t, &plan, "policy", "apply", rev.ID)
		if plan.State != "in force" {
			t.Errorf("apply: %+v", plan)
		}
		if p := b.inForce(); p.Revision != rev.ID || p.Digest != rev.Digest || p.Trouble != "" {
			t.Errorf("%+v", p)
		}

		// With two, the host does not; the second one does.
		second := b.second()
		secondToken := b.token(second, policyScopes...)
		b.file("policy.yaml", story.Preset(t, overall, shortest))
		out, errs, status = b.as(rootToken, "policy", "diff", file)
		if status != 0 || !strings.Contains(out, "raises") || strings.Contains(out, "higher approver set") {
			t.Errorf("diff: %d %s %s", status, out, errs)
		}
		out, errs, _ = b.as(rootToken, "policy", "propose", file, "--json")
		rev = shown{}
		if err := json.Unmarshal([]byte(out), &rev); err != nil {
			t.Fatalf("%v: %s", err, errs)
		}
		if rev.Host != "" || len(rev.Approvers) != 1 {
			t.Errorf("%+v", rev)
		}
		b.hostRefused("host_approves", "policy", "approve", rev.ID)
		b.asRefused(rootToken, "in_person", "policy", "approve", rev.ID)
		b.asRefused(secondToken, "in_person", "policy", "approve", rev.ID)
		answer, err := second.PostForm(t.Context(), "/console/policy/revisions/"+rev.ID+"/approve", url.Values{})
		if err != nil || answer.Status != http.StatusOK && answer.Status != http.StatusSeeOther {
			t.Fatalf("%v %d %.1000s", err, answer.Status, answer.Body)
		}
		b.CLI(t, nil, "policy", "apply", rev.ID)

		// Going back lowers here, and asks for two others than the author: the host
		// stands in for whom there is not.
		b.file("policy.yaml", story.Preset(t))
		out, _, _ = b.as(rootToken, "policy", "propose", file, "--json")
		rev = shown{}
		if err := json.Unmarshal([]byte(out), &rev); err != nil {
			t.Fatal(err)
		}
		if !rev.Lowers || rev.Needs != 2 || !strings.Contains(rev.Host, "2 must approve, and 1 can") {
			t.Errorf("%+v", rev)
		}
		if answer, err = second.PostForm(t.Context(), "/console/policy/revisions/"+rev.ID+"/approve", url.Values{}); err != nil || answer.Status != http.StatusOK && answer.Status != http.StatusSeeOther {
			t.Fatalf("%v %d %.1000s", err, answer.Status, answer.Body)
		}
		b.asRefused(rootToken, "in_person", "policy", "apply", rev.ID)
		b.hostRefused("not_approved", "policy", "apply", rev.ID)
		if _, errs, status := b.as(rootToken, "policy", "withdraw", rev.ID); status != 0 {
			t.Fatal(errs)
		}
		b.asRefused(secondToken, "revision_state", "policy", "approve", rev.ID)
		b.asRefused(secondToken, "no_such_policy_revision", "policy", "approve", "rev_of_another_server")
		var list []shown
		b.CLI(t, &list, "policy", "revisions")
		if len(list) != 3 || list[0].State != "withdrawn" || list[1].State != "in force" || list[2].State != "superseded" || list[1].Previous != list[2].Digest {
			t.Errorf("%+v", list)
		}
		b.Check(t)
	})
}

// What is wrong is told with file, line, rule and remedy; nothing changes.
func TestAWrongPolicyIsRefusedByTheServer(t *testing.T) {
	engines(t, func(b *bank) {
		t := b.t
		wrong := story.Preset(t, "when: 'true'", `when: '"a" in user.group'`)
		file := b.file("policy.yaml", bytes.Replace(wrong, []byte("allow: [passkey]"), []byte("allow: [passkeys]"), 1))
		errs := b.hostRefused("policy_refused", "policy", "propose", file)
		for _, want := range []string{"policy.yaml:33:23: L-20: segments[0].when: ", "did you mean `groups`", "policy.yaml:35:13: refer: segments[0].allow[0]: ", "passkeys"} {
			if !strings.Contains(errs, want) {
				t.Errorf("%s does not say %s", errs, want)
			}
		}
		var list []shown
		b.CLI(t, &list, "policy", "revisions")
		if p := b.inForce(); len(list) != 0 || p.Number != 0 {
			t.Errorf("%+v %+v", list, p)
		}
		b.SignIn(t, b.root)
	})
}

// A policy that was edited in the database is found by its digest when it is
// loaded: the process that has it goes on, one that starts anew decides by the
// emergency policy, and the host puts it right.
func TestATamperedPolicyIsFound(t *testing.T) {
	engines(t, func(b *bank) {
		t := b.t
		file := b.file("policy.yaml", story.Preset(t, overall, shorter))
		var rev shown
		b.CLI(t, &rev, "policy", "propose", file)
		b.CLI(t, &rev, "policy", "approve", rev.ID)
		b.CLI(t, &rev, "policy", "apply", rev.ID)
		b.SignIn(t, b.root)
		whole := b.inForce()

		b.Stop(t)
		b.edit("update policy_revision set text = " + b.bytes(story.Preset(t, overall, "overall: 23h")) + " where state = 'in force'")
		b.Start(t)
		if p := b.inForce(); !strings.Contains(p.Trouble, "not what was proposed") || p.Decides != "emergency" {
			t.Errorf("%s, decides %s", p.Trouble, p.Decides)
		}
		root := b.SignIn(t, b.root) // sign-in keeps working
		if page, err := root.PostForm(t.Context(), "/console/tokens", url.Values{"name": {"x"}, "scope": {"policy:read"},
			"ends": {time.Now().AddDate(0, 0, 7).Format(time.DateOnly)}}); err != nil || page.Status != http.StatusForbidden || secret.Match(page.Body) {
			t.Errorf("something is administered under the emergency policy: %v %d", err, page.Status)
		}
		i := b.Invite(t, "New", "new@example.org")
		if _, err := b.Browser(t).Enrol(t.Context(), i.Ticket); err == nil {
			t.Error("somebody enrolled under the emergency policy")
		}
		if err := b.log("the policy in force cannot be used"); err != nil {
			t.Error(err)
		}
		out, err := b.Host("audit", "verify", "--json")
		if err == nil || !bytes.Contains(out, []byte("policy_revision")) {
			t.Errorf("audit verify does not name the row: %v %s", err, out)
		}

		// Put back, it decides again, without a restart.
		b.Stop(t)
		b.edit("update policy_revision set text = " + b.bytes([]byte(whole.Text)) + " where state = 'in force'")
		b.Start(t)
		if p := b.inForce(); p.Trouble != "" || p.Digest != whole.Digest {
			t.Errorf("%+v", p)
		}
		if _, err := b.Browser(t).Enrol(t.Context(), i.Ticket); err != nil {
			t.Error(err)
		}

		// Or the host puts another in force: nobody knows whom the one in force asks.
		b.second()
		b.Stop(t)
		b.edit("update policy_revision set text = " + b.bytes([]byte("x")) + " where state = 'in force'")
		b.Start(t)
		b.CLI(t, &rev, "policy", "propose", b.file("policy.yaml", story.Preset(t, overall, shortest)))
		if !strings.Contains(rev.Host, "cannot be read") {
			t.Errorf("%+v", rev)
		}
		b.CLI(t, &rev, "policy", "approve", rev.ID)
		b.CLI(t, &rev, "policy", "apply", rev.ID)
		if p := b.inForce(); p.Trouble != "" || p.Revision != rev.ID {
			t.Errorf("%+v", p)
		}
		b.SignIn(t, b.root)
	})
}

// explain makes a decision again over HTTP and on the command line.
func TestADecisionIsExplained(t *testing.T) {
	engines(t, func(b *bank) {
		t := b.t
		b.SignIn(t, b.root)
		var person []struct{ ID string }
		b.CLI(t, &person, "person", "list", "--role", "administrator")
		var list []struct{ ID, Outcome, Op, Digest string }
		b.CLI(t, &list, "policy", "decisions", "--person", person[0].ID)
		if len(list) == 0 || list[0].Op != "sign_in" || list[0].Outcome != "allow" {
			t.Fatalf("%+v", list)
		}
		var e struct {
			Same               bool
			Recorded, Replayed string
			Decision           struct{ Outcome string }
			Input              json.RawMessage
		}
		b.CLI(t, &e, "explain", list[0].ID)
		if !e.Same || e.Recorded != e.Replayed || e.Recorded != list[0].Digest || e.Decision.Outcome != "allow" {
			t.Errorf("%+v", e)
		}
		// Its input can be asked again, here and of the server.
		input := b.file("input.json", e.Input)
		var decided []struct {
			Decision json.RawMessage
		}
		b.CLI(t, &decided, "policy", "decide", "--in-force", "--input", input)
		if len(decided) != 1 || !bytes.Contains(decided[0].Decision, []byte(`"outcome":"allow"`)) {
			t.Errorf("%+v", decided)
		}
		b.CLI(t, &decided, "policy", "decide", "--in-force", "--person", person[0].ID)
		if len(decided) != 1 || !bytes.Contains(decided[0].Decision, []byte(`"outcome":"allow"`)) {
			t.Errorf("%+v", decided)
		}

		// An outcome that is edited in the database is not read back; a digest shows.
		b.Stop(t)
		b.edit("update decision set outcome = 'deny', code = 'edited' where id = '" + list[0].ID + "'")
		b.Start(t)
		b.CLI(t, &e, "explain", list[0].ID)
		if !e.Same || e.Decision.Outcome != "allow" {
			t.Errorf("the recorded outcome was read back: %+v", e)
		}
		b.Stop(t)
		b.edit("update decision set digest = '00' where id = '" + list[0].ID + "'")
		b.Start(t)
		if out, err := b.Host("explain", list[0].ID); err == nil || !bytes.Contains(out, []byte("NOT the decision")) {
			t.Errorf("%v %s", err, out)
		}
	})
}

// edit changes the database behind the server's back, which must not run.
func (b *bank) edit(statement string) {
	b.t.Helper()
	ctx := context.Background()
	if b.DSN != "" {
		c, err := pgx.Connect(ctx, b.DSN)
		if err != nil {
			b.t.Fatal(err)
		}
		defer c.Close(ctx)
		if _, err := c.Exec(ctx, statement); err != nil {
			b.t.Fatal(err)
		}
		return
	}
	db, err := sql.Open("sqlite", filepath.Join(b.Data, "holdfast.db"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		b.t.Fatal(err)
	}
}

// bytes is a literal of the engine.
func (b *bank) bytes(text []byte) string {
	digits := strings.Builder{}
	for _, c := range text {
		digits.WriteString(string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
	}
	if b.DSN != "" {
		return `'\x` + digits.String() + `'::bytea`
	}
	return "x'" + digits.String() + "'"
}

// log says whether the server's log has words.
func (b *bank) log(words string) error {
	if !strings.Contains(b.Server.Stderr(), words) {
		return errors.New("the log does not say: " + words)
	}
	return nil
}
