package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"
)

func TestRelativeTimes(t *testing.T) {
	now := time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		ago  time.Duration
		want string
	}{
		{0, "just now"},
		{44 * time.Second, "just now"},
		{-10 * time.Second, "in a moment"},
		{60 * time.Second, "a minute ago"},
		{4 * time.Minute, "4 minutes ago"},
		{70 * time.Minute, "an hour ago"},
		{9 * time.Hour, "9 hours ago"},
		{26 * time.Hour, "yesterday"},
		{-26 * time.Hour, "tomorrow"},
		{12 * 24 * time.Hour, "12 days ago"},
		{-3 * 24 * time.Hour, "in 3 days"},
		{21 * 24 * time.Hour, "3 weeks ago"},
		{90 * 24 * time.Hour, "on 23 Aug 2026"},
	} {
		if got := relative(now, now.Add(-c.ago)); got != c.want {
			t.Errorf("%v ago: got %q, want %q", c.ago, got, c.want)
		}
	}
	want := `<time datetime="2026-11-21T14:26:00Z" title="21 Nov 2026, 14:26:00 UTC">4 minutes ago</time>`
	if got := when(now, now.Add(-4*time.Minute)); string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := when(now, time.Time{}); got != "never" {
		t.Errorf("zero time: got %s", got)
	}
}

// An application's address may have any scheme but one that runs in our origin.
func TestNavigateRefusesWhatWouldRun(t *testing.T) {
	for target, want := range map[string]bool{
		"https://app.example/cb?code=a&state=b": true,
		"http://localhost:9000/cb":              true,
		"com.example.app:/cb":                   true,
		"javascript:alert(1)":                   false,
		"JaVaScRiPt:alert(1)":                   false,
		"java\tscript:alert(1)":                 false,
		" javascript:alert(1)":                  false,
		"data:text/html,x":                      false,
		"vbscript:x":                            false,
		"blob:https://x/y":                      false,
		"/relative":                             false,
		"":                                      false,
		"https:":                                false,
		"https://a/'\"><script>":                false,
	} {
		if got := (&Navigate{Target: target}).Safe(); got != want {
			t.Errorf("%q: got %v, want %v", target, got, want)
		}
	}
}

func TestNavigateMovesOnWithoutScript(t *testing.T) {
	ps, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for target, wants := range map[string][]string{
		"https://app.example/cb?code=a&state=b": {
			`<meta http-equiv="refresh" content="1; url=https://app.example/cb?code=a&amp;state=b">`,
			`href="https://app.example/cb?code=a&amp;state=b" data-navigate`},
		"com.example.app:/cb": {`url=com.example.app:/cb"`, `href="com.example.app:/cb" data-navigate`},
	} {
		var b strings.Builder
		if err := ps.Draw(&b, &Navigate{Target: target, Name: "App"}); err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: no %s", target, want)
			}
		}
	}
	var b strings.Builder
	if err := ps.Draw(&b, &Navigate{Target: "javascript:alert(1)"}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "javascript:") || strings.Contains(b.String(), "http-equiv") {
		t.Error("an unsafe target was drawn")
	}
}

func TestLinkify(t *testing.T) {
	got := string(linkify("Open http://localhost:8080/enrol#hf1_a-b, <b>now</b>. Or https://a.example/?x=1&y=2."))
	want := `Open <a href="http://localhost:8080/enrol#hf1_a-b" rel="noreferrer">http://localhost:8080/enrol#hf1_a-b</a>, ` +
		`&lt;b&gt;now&lt;/b&gt;. Or <a href="https://a.example/?x=1&amp;y=2" rel="noreferrer">https://a.example/?x=1&amp;y=2</a>.`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The drawing, read back module by module, is the code.
func TestQRDrawsEveryModule(t *testing.T) {
	const text = "http://localhost:8080/enrol#hf1_3v9k2m7q4x8w1c6t5b0d9f2h"
	svg, err := QR(text, `A "title" <b>`)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	dark := map[[2]int]bool{}
	_, path, _ := strings.Cut(string(svg), ` d="`)
	path, _, _ = strings.Cut(path, `"`)
	for _, run := range strings.Split(strings.TrimSuffix(path, "z"), "z") {
		var x, y, n, back int
		if k, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &n, &back); k != 4 || n != back {
			t.Fatalf("run %q: %v", run, err)
		}
		for i := range n {
			dark[[2]int{x - 4 + i, y - 4}] = true
		}
	}
	for y := range code.Size {
		for x := range code.Size {
			if dark[[2]int{x, y}] != code.Black(x, y) {
				t.Fatalf("module %d,%d differs", x, y)
			}
		}
	}
	if !strings.Contains(string(svg), "<title>A &#34;title&#34; &lt;b&gt;</title>") {
		t.Error("the title is not escaped")
	}
	if _, err := QR(strings.Repeat("x", maxQR+1), ""); err == nil {
		t.Error("a long text was drawn")
	}
}

func TestPager(t *testing.T) {
	for _, c := range []struct {
		p        Pager
		says, of string
	}{
		{Pager{}, "No people", "0 of 0"},
		{Pager{Shown: 1, Total: 1}, "1 person", "1 of 1"},
		{Pager{Shown: 50, Total: 1234, Next: "?after=x"}, "1,234 people", "50 of 1,234"},
		{Pager{Shown: 50, Total: Counted + 1, Prev: "?before=x"}, "More than 10,000 people", "50 of more than 10,000"},
	} {
		if got := c.p.Says("person", "people"); got != c.says || c.p.Of() != c.of {
			t.Errorf("%+v: %q, %q", c.p, got, c.p.Of())
		}
		if c.p.Many() != (c.p.Prev+c.p.Next != "") {
			t.Errorf("%+v: many is %v", c.p, c.p.Many())
		}
	}
	e := ExportOf(map[string][]string{"q": {"a&b"}, "after": {"x"}, "before": {"y"}})
	if e.CSV != "?format=csv&q=a%26b" || e.JSON != "?format=json&q=a%26b" {
		t.Errorf("%+v", e)
	}
}

func TestWithoutSaysWhatRemains(t *testing.T) {
	p := Passkeys{Passkeys: []Passkey{{ID: "a"}, {ID: "b", Suspended: true}, {ID: "c"}}}
	if rest := p.Without("a"); len(rest) != 1 || rest[0].ID != "c" {
		t.Errorf("got %v: a suspended passkey opens nothing", rest)
	}
	if p.Usable() != 2 {
		t.Errorf("usable %d", p.Usable())
	}
}
