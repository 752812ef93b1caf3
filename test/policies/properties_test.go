package policies

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdfast/domain/policy"
	"holdfast/domain/policy/compare"
)

// corpus is every document that we show or install, and every mistake that
// still compiles.
func corpus(t *testing.T) (out []*policy.Policy) {
	t.Helper()
	compiler := policy.NewCompiler()
	add := func(name string, text []byte) {
		d, problems := policy.Parse(name, text)
		if problems.Bad() {
			return
		}
		if p, problems := policy.CompileWith(compiler, d, nil); !problems.Bad() {
			out = append(out, p)
		}
	}
	for _, pattern := range []string{"../../docs/policies/*.yaml", "../../domain/policy/presets/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			add(filepath.Base(f), text)
		}
	}
	for _, name := range []string{"hospital", "bank"} {
		text, err := os.ReadFile("../../docs/policies/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		_, all := readMistakes(t, "testdata/"+name+".txt")
		for _, m := range all {
			add(name+".yaml", []byte(m.apply(t, string(text))))
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d documents", len(out))
	}
	return out
}

// vocabulary is what the conditions of a document name.
type vocabulary struct {
	groups, zones, apps, procedures, fallbacks, providers, aaguids, anchors []string
}

var groupName = regexp.MustCompile(`"([a-z-]+)" in user\.groups`)

func wordsOf(p *policy.Policy) (v vocabulary) {
	d := p.Document()
	for _, m := range groupName.FindAllStringSubmatch(string(d.Text()), -1) {
		if !slices.Contains(v.groups, m[1]) {
			v.groups = append(v.groups, m[1])
		}
	}
	v.groups = append(v.groups, "nursing")
	v.zones, v.apps = []string{"", "admin-lan", "head-office"}, []string{"", "holdfast-admin"}
	for _, a := range d.Access {
		v.apps = append(v.apps, a.Apps...)
	}
	v.procedures = append(append([]string{"", "none-such"}, d.Enrolment.Names...), d.Recovery.Names...)
	v.fallbacks = append([]string{"", ""}, d.Fallbacks.Names...)
	v.providers = append([]string{"", "nobody"}, d.Providers.Names...)
	v.aaguids = []string{"00000000-0000-0000-0000-000000000000", "11111111-2222-4333-8444-555555555555"}
	for _, n := range d.AAGUIDGroups.Names {
		for _, a := range d.AAGUIDGroups.Of[n] {
			v.aaguids = append(v.aaguids, string(a))
		}
	}
	v.anchors = []string{"mds:42"}
	for _, n := range d.Roots.Names {
		v.anchors = append(v.anchors, "pinned:"+n)
	}
	return v
}

// settle derives what follows from the rest, as domain/standing does.
func settle(c *policy.Cred) {
	c.Hardware = c.Hardware && c.Attested && !c.BE
	if !c.Attested {
		c.Anchors, c.Enterprise, c.AAGUIDProven, c.Statuses, c.Certification, c.FIPS = nil, false, false, nil, "", false
	}
	c.Distribution = policy.Unknown
	switch {
	case c.BE:
		c.Distribution = policy.Synced
	case c.Attested:
		c.Distribution = policy.DeviceBound
	}
	c.Level = 2
	switch {
	case !c.UV:
		c.Level = 1
	case c.Distribution == policy.DeviceBound && c.Hardware:
		c.Level = 3
	}
}

func pick[T any](t *rapid.T, of []T, name string) T { return rapid.SampledFrom(of).Draw(t, name) }

func yes(t *rapid.T, name string) bool { return rapid.Bool().Draw(t, name) }

func some[T any](t *rapid.T, of []T, name string) (out []T) {
	for i, x := range of {
		if rapid.IntRange(0, 3).Draw(t, fmt.Sprint(name, i)) == 0 {
			out = append(out, x)
		}
	}
	return out
}

var statuses = []string{"REVOKED", "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE", "UPDATE_AVAILABLE"}

var certifications = []string{"", "FIDO_CERTIFIED_L1", "FIDO_CERTIFIED_L2", "FIDO_CERTIFIED_L3"}

// input draws one that could come about.
func input(t *rapid.T, v vocabulary) policy.Input {
	in := policy.Input{Now: day}
	in.User = policy.User{ID: "per_1", Groups: some(t, v.groups, "group"), Privileged: yes(t, "privileged"), Employment: pick(t, []string{"staff", "contractor", "guest", ""}, "employment")}
	in.User.Credentials = policy.Credentials{Count: rapid.Int64Range(0, 5).Draw(t, "count")}
	in.User.Credentials.PhrActive, in.User.Credentials.Independent = in.User.Credentials.Count, min(in.User.Credentials.Count, 2)
	in.Account = policy.Account{MaxAAL: rapid.Int64Range(0, 3).Draw(t, "max_aal"), Locked: rapid.IntRange(0, 9).Draw(t, "locked") == 0}
	if rapid.IntRange(0, 9).Draw(t, "cred") > 0 {
		in.Cred = policy.Cred{
			Kind: "webauthn", BE: yes(t, "be"), UV: yes(t, "uv"), Attested: yes(t, "attested"), AAGUID: pick(t, v.aaguids, "aaguid"), Provider: pick(t, v.providers, "provider"),
			Managed: yes(t, "managed"), ManagedDevice: yes(t, "managed device"), Enterprise: yes(t, "enterprise"), Hardware: yes(t, "hardware"), AAGUIDProven: yes(t, "proven"),
			Anchors: some(t, v.anchors, "anchor"), Transports: some(t, []string{"usb", "nfc", "internal", "hybrid"}, "transport"), Statuses: some(t, statuses, "status"),
			Certification: pick(t, certifications, "certification"), MDSAgeDays: rapid.Int64Range(0, 60).Draw(t, "mds age"), AgeDays: rapid.Int64Range(0, 3).Draw(t, "age"),
			Suspended: rapid.IntRange(0, 9).Draw(t, "suspended") == 0,
		}
		if yes(t, "good") { // else few would get through to what is decided last
			c := &in.Cred
			c.UV, c.Attested, c.Hardware, c.AAGUIDProven, c.ManagedDevice, c.Enterprise, c.Suspended = true, true, true, true, true, true, false
			c.AAGUID, c.Anchors, c.Transports = pick(t, v.aaguids[max(0, len(v.aaguids)-2):], "good aaguid"), v.anchors, []string{"usb", "nfc"}
			c.Certification, c.Statuses, c.MDSAgeDays = "FIDO_CERTIFIED_L3", nil, 0
			c.BE = rapid.IntRange(0, 2).Draw(t, "good be") == 0
		}
		in.Cred.BS = in.Cred.BE && yes(t, "bs")
		settle(&in.Cred)
	}
	if yes(t, "session") {
		in.Auth = policy.Auth{AAL: rapid.Int64Range(1, 3).Draw(t, "aal"), Phr: yes(t, "phr"), AgeS: rapid.Int64Range(0, 2000).Draw(t, "auth age"), Fallback: pick(t, v.fallbacks, "fallback"), Recovery: rapid.IntRange(0, 5).Draw(t, "recovery") == 0}
		if in.Auth.ACR = "aal2"; in.Auth.Phr {
			in.Auth.ACR = pick(t, []string{"phr", "phrh"}, "acr")
		}
	}
	in.Device = policy.Device{Managed: yes(t, "device managed"), Compliant: yes(t, "compliant"), PostureAgeS: rapid.Int64Range(0, 2000).Draw(t, "posture"), OSAgeDays: rapid.Int64Range(0, 900).Draw(t, "os"), Shared: yes(t, "shared")}
	in.Net = policy.Net{Zone: pick(t, v.zones, "zone"), Country: pick(t, []string{"", "KP", "CH"}, "country")}
	in.App = policy.App{ID: pick(t, v.apps, "app"), Sensitivity: rapid.Int64Range(0, 4).Draw(t, "sensitivity")}
	in.Risk = policy.Risk{Score: rapid.Int64Range(0, 100).Draw(t, "score"), IDs: some(t, []string{"D-06", "D-07"}, "risk")}
	in.Ctx = policy.Ctx{Op: string(pick(t, policy.Ops(), "op")), Procedure: pick(t, v.procedures, "procedure")}
	return in
}

// better draws an improvement of the evidence: each of its parts gets no worse.
func better(t *rapid.T, in policy.Input, v vocabulary) policy.Input {
	c := &in.Cred
	c.UV = c.UV || yes(t, "+uv")
	if c.BE && yes(t, "+bound") {
		c.BE, c.BS, c.Attested = false, false, true
	}
	c.Attested = c.Attested || yes(t, "+attested")
	c.Hardware = c.Hardware || yes(t, "+hardware")
	c.Enterprise = c.Enterprise || yes(t, "+enterprise")
	c.AAGUIDProven = c.AAGUIDProven || yes(t, "+proven")
	c.Managed = c.Managed || yes(t, "+managed")
	c.ManagedDevice = c.ManagedDevice || yes(t, "+managed device")
	for _, a := range v.anchors {
		if !slices.Contains(c.Anchors, a) && yes(t, "+"+a) {
			c.Anchors = append(slices.Clone(c.Anchors), a)
		}
	}
	c.Statuses = some(t, c.Statuses, "-status")
	c.Certification = pick(t, certifications[slices.Index(certifications, c.Certification):], "+certification")
	c.MDSAgeDays = rapid.Int64Range(0, c.MDSAgeDays).Draw(t, "-mds age")
	settle(c)
	return in
}

func rank(o policy.Outcome) int {
	return slices.Index([]policy.Outcome{policy.Deny, policy.Need, policy.Allow}, o)
}

// onEach draws for all documents; each draw is of one of them.
func onEach(t *testing.T, f func(*rapid.T, *policy.Policy, vocabulary)) {
	t.Helper()
	all := corpus(t)
	words := make([]vocabulary, len(all))
	for i, p := range all {
		words[i] = wordsOf(p)
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 40 {
			i := rapid.IntRange(0, len(all)-1).Draw(t, "document")
			f(t, all[i], words[i])
		}
	})
}

// TestMonotone: better evidence never makes an outcome worse. For binding there
// is one exception that SP 800-63B-4 §4.1.2.1 asks for: to add a stronger
// authenticator one must have signed in more strongly, which may be needed, but
// is never refused.
func TestMonotone(t *testing.T) {
	allowed := 0
	onEach(t, func(t *rapid.T, p *policy.Policy, v vocabulary) {
		in := input(t, v)
		if in.Cred.Kind == "" {
			return
		}
		more := better(t, in, v)
		was, is := p.Decide(&in), p.Decide(&more)
		if was.Allowed() {
			allowed++
		}
		worse := rank(is.Outcome) < rank(was.Outcome)
		if binding := in.Ctx.Op == string(policy.Bind) && is.Outcome == policy.Need && more.Cred.Level > in.Cred.Level; worse && !binding {
			t.Fatalf("%s: %s with\n%s\n%+v\nand %s with\n%s\n%+v", p.Document().Name(), was.Outcome, show(in), was, is.Outcome, show(more), is)
		}
	})
	if allowed < 20 {
		t.Errorf("only %d inputs were allowed at all", allowed)
	}
}

// TestNothingUnproven: what is synced, or of which nothing is proven, never gives
// AAL3, and never meets a demand for phrh.
func TestNothingUnproven(t *testing.T) {
	third := 0
	onEach(t, func(t *rapid.T, p *policy.Policy, v vocabulary) {
		in := input(t, v)
		in.Auth = policy.Auth{}
		d := p.Decide(&in)
		c := in.Cred
		proven := c.Attested && !c.BE && c.Hardware && c.UV
		if d.AAL >= 3 {
			third++
			if !proven {
				t.Fatalf("AAL3 by %+v", c)
			}
		}
		if c.Kind == "" || proven || !d.Allowed() {
			return
		}
		for _, r := range d.Rules {
			if name, ok := strings.CutPrefix(r, "access:"); ok && asksHardware(p, name) {
				t.Fatalf("%s was met by %+v", r, c)
			}
		}
	})
	if third == 0 {
		t.Error("nothing gave AAL3")
	}
}

func asksHardware(p *policy.Policy, access string) bool {
	for _, a := range p.Document().Access {
		if a.Name == access && a.Then.Require != nil && a.Then.Require.ACR == "phrh" {
			return true
		}
	}
	return false
}

// TestRenaming: the name of a provider is a name.
func TestRenaming(t *testing.T) {
	type pair struct {
		was, is *policy.Policy
		names   map[string]string
		words   vocabulary
	}
	var pairs []pair
	for _, p := range corpus(t) {
		text, names := string(p.Document().Text()), map[string]string{"": "", "nobody": "nobody"}
		for i, n := range p.Document().Providers.Names {
			names[n] = fmt.Sprintf("renamed-%c", 'z'-i)
			text = regexp.MustCompile(`\b`+regexp.QuoteMeta(n)+`\b`).ReplaceAllString(text, names[n])
		}
		if len(names) == 2 {
			continue
		}
		d, problems := policy.Parse("renamed.yaml", []byte(text))
		if problems.Bad() {
			t.Fatal(problems)
		}
		q, problems := policy.Compile(d, nil)
		if problems.Bad() {
			t.Fatal(problems)
		}
		pairs = append(pairs, pair{p, q.WithDigest(p.Digest()), names, wordsOf(p)})
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 40 {
			c := pick(t, pairs, "document")
			in := input(t, c.words)
			was := c.was.Decide(&in)
			in.Cred.Provider = c.names[in.Cred.Provider]
			if d := cmp.Diff(was, c.is.Decide(&in)); d != "" {
				t.Fatalf("%s decides otherwise:\n%s\n%s", c.was.Document().Name(), d, show(in))
			}
		}
	})
}

// TestReplay: the same input gives the same bytes, also when both the input and
// the policy were put together again.
func TestReplay(t *testing.T) {
	again := map[*policy.Policy]*policy.Policy{}
	onEach(t, func(t *rapid.T, p *policy.Policy, v vocabulary) {
		q, ok := again[p]
		if !ok {
			d, _ := policy.Parse(p.Document().Name(), p.Document().Text())
			var problems policy.Problems
			if q, problems = policy.Compile(d, nil); problems.Bad() {
				t.Fatal(problems)
			}
			again[p] = q
		}
		in := input(t, v)
		kept := show(in)
		var back policy.Input
		if err := json.Unmarshal([]byte(kept), &back); err != nil {
			t.Fatal(err)
		}
		first, second, third := show(p.Decide(&in)), show(p.Decide(&in)), show(q.Decide(&back))
		if first != second || first != third {
			t.Fatalf("%s\n%s\n%s\n%s", kept, first, second, third)
		}
		if show(in) != kept {
			t.Fatalf("deciding changed its input: %s, was %s", show(in), kept)
		}
	})
}

func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestCompared: each mistake is a change, nothing raises both ways, and nothing
// that lowers one way is said to be nothing the other way.
func TestCompared(t *testing.T) {
	for _, name := range []string{"hospital", "bank"} {
		text, err := os.ReadFile("../../docs/policies/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		clean, _ := policy.Parse(name+".yaml", text)
		_, all := readMistakes(t, "testdata/"+name+".txt")
		for _, m := range all {
			t.Run(m.name(), func(t *testing.T) {
				wrong, problems := policy.Parse(name+".yaml", []byte(m.apply(t, string(text))))
				if problems.Bad() {
					return // nothing to compare
				}
				there, back := compare.Documents(clean, wrong), compare.Documents(wrong, clean)
				if len(there) != len(back) || len(there) == 0 && m.rule != "L-01" { // what is not written there is empty
					t.Fatal(there, back)
				}
				ways := map[string][]compare.Direction{}
				for _, c := range slices.Concat(there, back) {
					ways[c.Path] = append(ways[c.Path], c.Direction)
				}
				for path, d := range ways {
					if len(d) == 2 && d[0] == compare.Raised && d[1] == compare.Raised {
						t.Errorf("%s raises both ways", path)
					}
				}
			})
		}
	}
}
