package replay

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"holdfast/edge/web/page"
	"holdfast/test/client"
)

// hand is what somebody with a power can do to others. Each method answers
// whether the server did it.
type hand interface {
	remove(k *Passkey) error
	reinstate(k *Passkey) error
	revive(p *Person) error // ends a suspension, and an end of employment
	invite(p *Person) (secret string, err error)
	replace(t Task) (secret string, err error)
	leave(p *Person, group string) error
	employ(p *Person) error // from now on as an employee
}

// console is a person's hand: their browser.
type console struct {
	s *scene
	c *client.Client
}

var linkShown = regexp.MustCompile(`/enrol#([A-Za-z0-9_-]{20,})`)

func (h console) press(path string, form url.Values) (string, error) {
	p, err := h.c.PostForm(h.s.ctx, "/console/"+path, form)
	if err != nil {
		return "", err
	}
	switch {
	case p.Status == http.StatusSeeOther && !alarms(p):
		h.s.dirty = true
		return "", nil
	case p.Status == http.StatusOK:
		if m := linkShown.FindSubmatch(p.Body); m != nil {
			h.s.dirty = true
			return string(m[1]), nil
		}
	}
	return "", fmt.Errorf("the console answers %s with %d", path, p.Status)
}

// alarms says whether the next page will say that something was refused.
func alarms(p *client.Page) bool {
	for _, c := range (&http.Response{Header: p.Header}).Cookies() {
		if raw, err := base64.RawURLEncoding.DecodeString(c.Value); err == nil && strings.HasPrefix(string(raw), string(page.ToneAlarm)+"\n") {
			return true
		}
	}
	return false
}

func (h console) remove(k *Passkey) error {
	_, err := h.press("people/"+k.Owner.ID+"/passkeys/"+k.ID+"/remove", nil)
	return err
}

func (h console) reinstate(k *Passkey) error {
	_, err := h.press("people/"+k.Owner.ID+"/passkeys/"+k.ID+"/activate", nil)
	return err
}

func (h console) revive(p *Person) error {
	_, activated := h.press("people/"+p.ID+"/activate", nil)
	_, prolonged := h.press("people/"+p.ID+"/employment", url.Values{"employment": {"employee"}})
	if activated != nil && prolonged != nil {
		return errors.Join(activated, prolonged)
	}
	return nil
}

func (h console) invite(p *Person) (string, error) {
	return linked(h.press("people/"+p.ID+"/invite", nil))
}

func (h console) replace(t Task) (string, error) {
	return linked(h.press("policy/replacements/"+t.ID+"/link", nil))
}

func (h console) leave(p *Person, group string) error {
	_, err := h.press("groups/"+group+"/members/remove", url.Values{"person": {p.ID}})
	return err
}

func (h console) employ(p *Person) error {
	_, err := h.press("people/"+p.ID+"/employment", url.Values{"employment": {"employee"}})
	return err
}

func linked(secret string, err error) (string, error) {
	if err == nil && secret == "" {
		err = errors.New("no link is shown")
	}
	return secret, err
}

// program is a token's hand: the API.
type program struct {
	s      *scene
	secret string
}

func (h program) call(method, path string, in any) (string, error) {
	body := []byte("{}")
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return "", err
		}
	}
	r, err := http.NewRequestWithContext(h.s.ctx, method, h.s.base+"/api/v1/"+path, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+h.secret)
	if method != http.MethodDelete {
		r.Header.Set("Content-Type", "application/json")
	} else {
		r.Body, r.ContentLength = nil, 0
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode/100 != 2 {
		return "", fmt.Errorf("the API answers %s %s with %s: %.200s", method, path, answer.Status, text)
	}
	h.s.dirty = true
	var said struct{ URL string }
	if len(text) > 0 {
		err = json.Unmarshal(text, &said)
	}
	return secretOf(said.URL), err
}

func (h program) remove(k *Passkey) error {
	_, err := h.call(http.MethodDelete, "credentials/"+k.ID, nil)
	return err
}

func (h program) reinstate(k *Passkey) error {
	_, err := h.call(http.MethodPost, "credentials/"+k.ID+"/reinstate", nil)
	return err
}

func (h program) revive(p *Person) error {
	_, activated := h.call(http.MethodPost, "people/"+p.ID+"/reinstate", nil)
	_, prolonged := h.call(http.MethodPatch, "people/"+p.ID, map[string]string{"ends": ""})
	if activated != nil && prolonged != nil {
		return errors.Join(activated, prolonged)
	}
	return nil
}

func (h program) invite(p *Person) (string, error) {
	return linked(h.call(http.MethodPost, "people/"+p.ID+"/invitation", nil))
}

func (h program) replace(t Task) (string, error) {
	return linked(h.call(http.MethodPost, "tasks/"+t.ID+"/link", nil))
}

func (h program) leave(p *Person, group string) error {
	_, err := h.call(http.MethodDelete, "groups/"+group+"/members/"+p.ID, nil)
	return err
}

func (h program) employ(p *Person) error {
	_, err := h.call(http.MethodPatch, "people/"+p.ID, map[string]string{"employment": "employee"})
	return err
}

// demote takes somebody's role.
func (h program) demote(p *Person) error {
	_, err := h.call(http.MethodPut, "people/"+p.ID+"/role", map[string]string{"role": "member"})
	return err
}
