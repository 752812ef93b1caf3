package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"holdfast/domain/exposure"
)

const exampleFolder = "../../docs/exposure"

var exampleOutput = regexp.MustCompile("(?s)```\n\\$ holdfast exposure eval docs/exposure/(\\S+)\n(.*?)\n```")

// What docs/exposure-model.md says that the command prints, it prints.
func TestExposureExamples(t *testing.T) {
	page, err := os.ReadFile("../../docs/exposure-model.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, m := range exampleOutput.FindAllStringSubmatch(string(page), -1) {
		var line bytes.Buffer
		if err := json.Compact(&line, []byte(m[2])); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
		documented[m[1]] = line.String() + "\n"
	}
	files, err := os.ReadDir(exampleFolder)
	if err != nil || len(files) < 19 || len(files) != len(documented) {
		t.Errorf("%d files, %d outputs, %v", len(files), len(documented), err)
	}
	for _, f := range files {
		t.Run(f.Name(), func(t *testing.T) {
			out, errs, code := cli(t, "exposure", "eval", filepath.Join(exampleFolder, f.Name()))
			if out != documented[f.Name()] || errs != "" || code != 0 {
				t.Errorf("%d %s\nprinted    %sdocumented %s", code, errs, out, documented[f.Name()])
			}
		})
	}
}

// It reaches no server, and offers no flag for one.
func TestExposureEvalHelp(t *testing.T) {
	out, errs, code := cli(t, "exposure", "eval", "--help")
	if text := out + errs; code != 0 || !strings.Contains(text, "FILE") || strings.Contains(text, "-url") || strings.Contains(text, "-data") || strings.Contains(text, "-token-file") {
		t.Errorf("%d %s", code, text)
	}
	if _, _, code := cli(t, "exposure", "eval", "--url", "https://id.example.org", "x.json"); code != 2 {
		t.Errorf("takes a server: %d", code)
	}
}

// The verdicts of the worked examples, as they must be.
func TestExposureVerdicts(t *testing.T) {
	for name, want := range map[string]struct {
		aal     int
		phr     bool
		verdict exposure.Verdict
		weakest string // the first set
		avail   int
	}{
		"1-desk-one-operator":                 {0, false, exposure.Fail, "caller-deceives-desk", 2},
		"1-desk-two-operators":                {0, false, exposure.Fail, "caller-deceives-desk", 2},
		"1-desk-video-proof":                  {2, false, exposure.Fail, "passes-proofing(IAL2)", 2},
		"2-contractor-left":                   {0, false, exposure.Fail, "", 3},
		"2-contractor-cloud-disabled":         {0, false, exposure.Fail, "", 2},
		"2-contractor-credential-invalidated": {1, true, exposure.Pass, "operator-invites-again", 0},
		"3-admin-known-voice":                 {0, false, exposure.Fail, "caller-deceives-approvers", 2},
		"3-admin-video-proof":                 {2, true, exposure.NISTOnly, "passes-remote-proofing(IAL2)", 2},
		"3-admin-on-site":                     {3, true, exposure.Pass, "passes-on-site-biometric-comparison", 2},
		"4-password-fallback":                 {1, false, exposure.Fail, "password", 2},
		"4-password-and-totp":                 {2, false, exposure.Fail, "device:phone unlock:phone", 2},
		"5-single-key":                        {3, true, exposure.Pass, "key:yk1 pin:yk1", 1},
		"5-single-key-lost":                   {1, true, exposure.Fail, "pin:yk1", 1},
		"6-recovery-by-mail":                  {1, false, exposure.Fail, "mail-password", 3},
		"7-two-codes-one-phone":               {1, false, exposure.NISTOnly, "carol's phone number", 2},
		"8-tenant-ann":                        {1, false, exposure.Fail, "corrupt:op1", 4},
		"8-tenant-op1":                        {1, true, exposure.Fail, "mailadmin-account", 1},
		"8-tenant-root":                       {3, true, exposure.Pass, "root-on-site-comparison", 2},
	} {
		text, err := os.ReadFile(filepath.Join(exampleFolder, name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := exposure.Parse(text)
		if err != nil {
			t.Fatal(name, err)
		}
		r, err := f.Evaluate()
		if err != nil {
			t.Fatal(name, err)
		}
		if r.Effective.AAL != want.aal || r.Effective.Phr != want.phr || r.Verdict != want.verdict ||
			strings.Join(r.Sets[0].Atoms, " ") != want.weakest || r.Availability != want.avail {
			t.Errorf("%s: %+v, want %+v", name, r, want)
		}
	}
}

func TestExposureEval(t *testing.T) {
	good := `{"atoms":[{"id":"<a>","class":"know"}],"edges":[{"id":"e","head":"g","body":["<a>"]}],"goal":"g","required":{"aal":1}}`
	printed := `{"effective":{"aal":1,"phr":true},"sets":[{"atoms":["<a>"],"level":1,"phr":true}],"verdict":"PASS","single_points":[],"availability":1,"truncated":false}` + "\n"
	for _, c := range []struct {
		name, in  string
		args      []string
		code      int
		out, errs string
	}{
		{"standard input", good, []string{"-"}, 0, printed, ""},
		{"json changes nothing", good, []string{"-", "--json"}, 0, printed, ""},
		{"no way in", strings.Replace(good, `["<a>"]`, `["g"]`, 1), []string{"-"}, 0,
			`{"effective":{"aal":3,"phr":true},"sets":[],"verdict":"PASS","single_points":[],"availability":0,"truncated":false}` + "\n", ""},
		{"no graph", `{"atoms":[]}`, []string{"-"}, 2, "", "holdfast exposure eval: -: graph_missing: edges is missing"},
		{"too long", strings.Repeat(" ", exposure.FileBytes) + good, []string{"-"}, 2, "", "graph_json: "},
		{"no such file", "", []string{"nowhere.json"}, 1, "", "nowhere.json"},
		{"no file", "", nil, 2, "", "usage: holdfast exposure eval"},
		{"two files", "", []string{"-", "-"}, 2, "", "usage: holdfast exposure eval"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(context.Background(), console{strings.NewReader(c.in), &out, &errs}, append([]string{"exposure", "eval"}, c.args...))
			if code != c.code || out.String() != c.out || !strings.Contains(errs.String(), c.errs) || c.errs == "" && errs.Len() > 0 {
				t.Errorf("%d\n%s\n%s", code, out.String(), errs.String())
			}
		})
	}
}
