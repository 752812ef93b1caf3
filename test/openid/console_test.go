package openid

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"

	"holdfast/test/client"
	"holdfast/test/world"
)

var (
	shownID     = regexp.MustCompile(`<code>(app_[A-Za-z0-9]+)</code>`)
	complaint   = regexp.MustCompile(`(?s)<p class="[^"]*(?:alarm|error)[^"]*".*?</p>`)
	shownSecret = regexp.MustCompile(`role="textbox"[^>]*>([^<]+)</code>`)
)

// connect adds an application at the console, as an administrator would.
func (p *place) connect(name string, more url.Values) (r client.Registered) {
	p.Helper()
	form := url.Values{"name": {name}, "preset": {"generic"}, "redirect_uri": {redirect}}
	maps.Copy(form, more)
	page, err := p.admin.PostForm(p.Context(), "/console/applications", form)
	if err != nil || page.Status != http.StatusOK {
		p.Fatalf("the console answers %v: %d %q", err, page.Status, complaint.FindAllString(string(page.Body), -1))
	}
	id := shownID.FindSubmatch(page.Body)
	if id == nil {
		p.Fatalf("the console shows no client id: %s", page.Body)
	}
	r.ClientID = string(id[1])
	if secret := shownSecret.FindSubmatch(page.Body); secret != nil {
		r.ClientSecret = string(secret[1])
	}
	return r
}

// runs lets an application discover its provider.
func (p *place) runs(a *App, r client.Registered) *App {
	p.Helper()
	q := Q{"issuer": p.issuer, "client_id": r.ClientID, "auth": "none"}
	if r.ClientSecret != "" {
		q["auth"], q["client_secret"] = "basic", r.ClientSecret
	}
	a.Must("discover", q, nil)
	return a
}

// worlds are the servers of the place.
func (p *place) worlds() []*world.World {
	if len(p.nodes) == 0 {
		return []*world.World{p.host}
	}
	var all []*world.World
	for _, n := range p.nodes {
		all = append(all, n.World)
	}
	return all
}

// hostOf gives the command line of one of the servers, another for each i.
func (p *place) hostOf(i int) *world.World {
	all := p.worlds()
	return all[i%len(all)]
}

// reach lets applications on this host be told of logouts.
func (p *place) reach() {
	p.Helper()
	for _, w := range p.worlds() {
		file, err := os.OpenFile(w.Config, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			p.Fatal(err)
		}
		fmt.Fprintln(file, "outgoing_allow: [127.0.0.0/8]")
		if err := file.Close(); err != nil {
			p.Fatal(err)
		}
		w.Restart(p)
	}
}
