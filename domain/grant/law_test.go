package grant

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A family of tokens under any order of redeeming, rotating, copying and
// revoking: at most one refresh token is good at any time, a spent one is never
// accepted again, and after a reuse nothing of the family is good.
func TestFamilyLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		app, _, _ := CreateApp("app_wiki", Draft{Name: "Wiki", RedirectURIs: []string{redirect}}, "", noon)
		g, code, _, err := IssueCode(app, authorization(), "code", noon)
		if err != nil {
			t.Fatal(err)
		}
		tokens := map[string]Token{code.ID: code}
		now, n, reused := noon, 0, false
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3600).Draw(t, "seconds")) * time.Second)
			id := rapid.SampledFrom(slices.Sorted(maps.Keys(tokens))).Draw(t, "token")
			tok := tokens[id]
			n++
			f := Fresh{Access: fmt.Sprintf("a%d", n), Refresh: fmt.Sprintf("r%d", n)}
			var fresh []Token
			var err error
			spent := Retired
			switch tok.Kind {
			case Code:
				fresh, _, err = RedeemCode(g, tok, f, now)
				spent = Used
			case Refresh:
				fresh, _, err = Rotate(g, tok, f, now)
			case Access:
				if _, _, err := RedeemCode(g, tok, f, now); err == nil {
					t.Fatal("an access token was redeemed")
				}
				continue
			}
			switch {
			case err == nil:
				if reused || tok.Status != Active || !g.Live(now) {
					t.Fatalf("%s %s was accepted though reused=%v live=%v", tok.Status, tok.Kind, reused, g.Live(now))
				}
				tok.Status = spent
				tokens[id] = tok
				for _, x := range fresh {
					tokens[x.ID] = x
				}
			case tok.Status != Active:
				g, _ = End(g, EndedTokenReuse, now)
				reused = true
			}
			good := 0
			for _, x := range tokens {
				if x.Good(now) && g.Live(now) && x.Kind == Refresh {
					good++
				}
			}
			if good > 1 || reused && good > 0 {
				t.Fatalf("%d refresh tokens are good, reused=%v", good, reused)
			}
		}
	})
}
