package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"holdfast/test/client"
)

// witness looks whose session c has. The portal must show the person whom the
// attack was against; what the session is worth is said by the administration,
// and must be what an application reads in the token, where the policy lets the
// session go on to one.
func (s *scene) witness(c *client.Client, want *Person) (aal int, err error) {
	page, err := c.Get(s.ctx, "/me/passkeys")
	if err != nil {
		return 0, err
	}
	if page.Status != http.StatusOK {
		return 0, fmt.Errorf("nobody is signed in: the portal answers %d", page.Status)
	}
	if who := `<span class="who">` + want.shown() + `</span>`; !strings.Contains(string(page.Body), who) {
		return 0, errors.New("somebody else is signed in")
	}
	if aal, err = s.level(want); err != nil {
		return 0, err
	}
	said, err := s.claims(c)
	switch {
	case errors.Is(err, errNoToken): // the policy lets the session no further
		return aal, nil
	case err != nil:
		return 0, err
	case aal != 0 && (said.person != want.ID || said.aal != aal):
		return 0, fmt.Errorf("the token says %s at AAL%d, the session is %s's at AAL%d", said.person, said.aal, want.ID, aal)
	}
	return aal, nil
}

// shown is what pages call somebody.
func (p *Person) shown() string { return strings.ToUpper(p.Name[:1]) + p.Name[1:] }

// level is what the newest session of somebody is worth: nothing, where the
// administration knows of none that is open.
func (s *scene) level(p *Person) (int, error) {
	r, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.base+"/api/v1/sessions?limit=1&person="+p.ID, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+s.Watch)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	var list struct{ Items []struct{ AAL string } }
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil || answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the sessions of %s: %s: %w", p.Name, answer.Status, err)
	}
	if len(list.Items) == 0 {
		return 0, nil
	}
	return strconv.Atoi(strings.TrimPrefix(list.Items[0].AAL, "aal"))
}

// claimed is what a token says.
type claimed struct {
	person string
	aal    int
}

var errNoToken = errors.New("no token is given")

// claims goes to an application with the session of c. Nobody signs in on the way.
func (s *scene) claims(c *client.Client) (claimed, error) {
	if s.app == nil {
		a, err := client.NewApp(s.ctx, s.base, s.App, Callback)
		if err != nil {
			return claimed{}, err
		}
		s.app = a
	}
	z := s.app.Authorization(oauth2.SetAuthURLParam("acr_values", "aal3 aal2 aal1"))
	page, err := c.Walk(s.ctx, z.URL, Callback)
	if err != nil {
		return claimed{}, err
	}
	at := page.URL
	if page.Status == http.StatusOK { // a page that navigates
		at, err = url.Parse(client.Navigates(page))
	}
	if err != nil || !strings.HasPrefix(at.String(), Callback) || at.Query().Get("error") != "" {
		return claimed{}, errNoToken
	}
	tokens, err := s.app.Redeem(s.ctx, z, at)
	if err != nil {
		return claimed{}, err
	}
	acr, _ := tokens.Claims["acr"].(string)
	return claimed{tokens.ID.Subject, map[string]int{"aal1": 1, "aal2": 2, "aal3": 3}[acr]}, nil
}
