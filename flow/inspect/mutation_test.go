package inspect_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/uncovered.golden anew; read the difference before you commit it")

// masks are how each byte is changed: its lowest bit, its highest, all of it.
var masks = []byte{0x01, 0x80, 0xff}

// TestUncoveredFields changes every byte of every L3 vector and lists, per
// vector, the fields in which a change is accepted because no signature, hash
// or rule covers them. Everything that is not on the list was refused. The list
// is reviewed like code: a line more is a check less.
func TestUncoveredFields(t *testing.T) {
	if testing.Short() {
		t.Skip("some 100,000 verifications")
	}
	list, root := l3(t)
	var mu sync.Mutex
	lines := map[string]string{} // by vector, guarded by mu
	t.Run("vectors", func(t *testing.T) {
		for i, v := range list {
			t.Run(v.Name, func(t *testing.T) {
				t.Parallel()
				text := uncovered(t, v, root)
				mu.Lock()
				defer mu.Unlock()
				lines[fmt.Sprintf("%02d", i)] = text
			})
		}
	})
	var got strings.Builder
	got.WriteString("# Fields of the L3 vectors in which a changed byte is accepted: changes accepted of changes tried.\n")
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		got.WriteString(lines[key])
	}
	golden := filepath.Join("testdata", "uncovered.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the fields that nothing covers (-want +got):\n%s", diff)
	}
}

func uncovered(t *testing.T, v l3Vector, root string) string {
	required := v.registration()
	required["trust"], required["at"], required["requireAttestation"] = object{"roots": []string{root}, "tpmVendors": []string{"00000000"}}, "2025-01-01T00:00:00Z", true
	optional := v.registration()
	optional["trust"], optional["at"] = required["trust"], required["at"]
	var b strings.Builder
	for _, mode := range []struct {
		name string
		c    object
	}{{"registration, attestation required", required}, {"registration, attestation optional", optional}, {"authentication", v.authentication()}} {
		response := mode.c["response"].(object)
		delete(response, "id") // which would have to agree
		if !judge(t, mode.c).Accepted() {
			fmt.Fprintf(&b, "\n%s, %s: refused as it is\n", v.Name, mode.name)
			continue
		}
		fmt.Fprintf(&b, "\n%s, %s\n", v.Name, mode.name)
		inner := response["response"].(object)
		for _, name := range slices.Sorted(maps.Keys(inner)) {
			b.WriteString(flips(t, mode.c, inner, name))
		}
		if key, ok := mode.c["publicKey"]; ok {
			b.WriteString(flips(t, mode.c, mode.c, "publicKey"))
			mode.c["publicKey"] = key
		}
	}
	return b.String()
}

// flips changes each byte of the member name of holder and reports in which
// fields a change was accepted.
func flips(t *testing.T, c, holder object, name string) string {
	original := holder[name]
	defer func() { holder[name] = original }()
	data, err := base64.RawURLEncoding.DecodeString(original.(string))
	if err != nil {
		t.Fatal(err)
	}
	var f fields
	switch name {
	case "attestationObject":
		f = attestationFields(t, data)
	case "clientDataJSON":
		f = clientFields(data)
	case "authenticatorData":
		f = assertionFields(t, data)
	default:
		f = make(fields, len(data))
		f.name(0, len(data), name)
	}
	accepted, tried := map[string]int{}, map[string]int{}
	bench := testBench()
	for i := range data {
		for _, mask := range masks {
			changed := bytes.Clone(data)
			changed[i] ^= mask
			holder[name] = base64.RawURLEncoding.EncodeToString(changed)
			text, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			tried[f[i]]++
			if v := bench.Judge(text); v.Accepted() {
				accepted[f[i]]++
			} else if v.Step == "" || v.Step == "input" {
				t.Errorf("%s byte %d: refused without a step: %+v", name, i, v)
			}
		}
	}
	var b strings.Builder
	for _, field := range slices.Sorted(maps.Keys(accepted)) {
		fmt.Fprintf(&b, "    %-60s %4d of %4d\n", field, accepted[field], tried[field])
	}
	return b.String()
}

// TestWrongExpectations holds each vector against an expectation that it does
// not meet.
func TestWrongExpectations(t *testing.T) {
	list, _ := l3(t)
	for _, v := range list {
		if v.Name == "packed.Ed448" {
			continue
		}
		for _, kind := range []string{"registration", "authentication"} {
			base := v.registration
			section, steps := "7.1", map[string]string{"challenge": "8", "origin": "9", "cross": "10", "top": "11", "rp": "14", "uv": "16"}
			if kind == "authentication" {
				base = v.authentication
				section, steps = "7.2", map[string]string{"challenge": "11", "origin": "12", "cross": "13", "top": "14", "rp": "15", "uv": "17"}
			}
			plain := judge(t, base())
			check := func(name string, change func(object)) {
				t.Run(fmt.Sprintf("%s %s step %s: %s", v.Name, section, steps[name], name), func(t *testing.T) {
					c := base()
					change(c)
					if got := judge(t, c); got.Accepted() || got.Step != section+"-"+steps[name] {
						t.Errorf("got %s at %s (%s)", got.Verdict, got.Step, got.Reason)
					}
				})
			}
			check("challenge", func(c object) { c["challenge"] = "AAAA" })
			check("origin", func(c object) {
				c["origins"] = []string{"https://example.org:443", "https://example.org/", "https://Example.org"}
			})
			check("rp", func(c object) { c["rpId"] = "example.com" })
			if strings.Contains(v.Name, "crossOrigin") || strings.Contains(v.Name, "topOrigin") {
				check("cross", func(c object) { c["allowCrossOrigin"] = false })
			}
			if strings.Contains(v.Name, "topOrigin") {
				check("top", func(c object) { c["topOrigins"] = []string{"https://example.com/"} })
			}
			if !*plain.UV {
				check("uv", func(c object) { c["requireUV"] = true })
			}
			t.Run(fmt.Sprintf("%s the %s as the other ceremony", v.Name, kind), func(t *testing.T) {
				checkWrongCeremony(t, v, kind)
			})
		}
		t.Run(v.Name+" 7.1 step 20: algorithm not asked for", func(t *testing.T) {
			c := v.registration()
			c["algs"] = []int{-65535}
			if got := judge(t, c); got.Step != "7.1-20" {
				t.Errorf("got %s at %s (%s)", got.Verdict, got.Step, got.Reason)
			}
		})
		t.Run(v.Name+" 7.2: another record", func(t *testing.T) { checkOtherRecord(t, v) })
	}
}

// checkWrongCeremony: the client data of one ceremony is no good in the other.
func checkWrongCeremony(t *testing.T, v l3Vector, kind string) {
	c, step := v.registration(), "7.1-7"
	client, challenge := v.Authentication.ClientDataJSON, v.Authentication.Challenge
	if kind == "authentication" {
		c, step = v.authentication(), "7.2-10"
		client, challenge = v.Registration.ClientDataJSON, v.Registration.Challenge
	}
	c["challenge"] = challenge
	c["response"].(object)["response"].(object)["clientDataJSON"] = client
	if got := judge(t, c); got.Step != step {
		t.Errorf("got %s at %s (%s)", got.Verdict, got.Step, got.Reason)
	}
}

func checkOtherRecord(t *testing.T, v l3Vector) {
	be := *judge(t, v.authentication()).BE
	for _, test := range []struct {
		step   string
		change object
	}{
		{"7.2-5", object{"allowCredentials": []string{"AAAA"}}},
		{"7.2-6", object{"credentialId": "AAAA"}},
		{"7.2-6", object{"discoverable": true, "userHandle": "AAAA"}},
		{"7.2-21", object{"publicKey": ""}},
	} {
		c := v.authentication()
		maps.Copy(c, test.change)
		want := test.step
		if test.change["publicKey"] == "" {
			want = "input"
		}
		if got := judge(t, c); got.Step != want {
			t.Errorf("%v: got %s at %s (%s)", test.change, got.Verdict, got.Step, got.Reason)
		}
	}
	c := v.authentication()
	c["storedBE"], c["storedSignCount"] = !be, 5
	got := judge(t, c)
	if be { // 0 to 1 is for policy
		if !got.Accepted() || len(got.Notes) != 2 {
			t.Errorf("BE gained, counter regressed: got %s at %s, notes %q", got.Verdict, got.Step, got.Notes)
		}
	} else if got.Step != "7.2-19" {
		t.Errorf("BE lost: got %s at %s", got.Verdict, got.Step)
	}
}
