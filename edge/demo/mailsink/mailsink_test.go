package mailsink_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"holdfast/domain/person"
	"holdfast/edge/demo/mailsink"
	"holdfast/edge/web/webtest"
	"holdfast/flow/govern"
)

func open(t *testing.T, demo bool) *webtest.World {
	w := webtest.New(t)
	w.Visits.Demo = demo
	w.Serve(mailsink.New(mailsink.Config{Visits: w.Visits, Store: w.DB, From: "holdfast@kelp.example"}))
	return w
}

func TestTheSinkShowsWhatWouldBeSent(t *testing.T) {
	w := open(t, true)
	b := w.Nobody()
	if a := b.Get("/demo/mail"); a.Status != http.StatusOK || !strings.Contains(a.Body, "The box is empty") {
		t.Fatalf("%d\n%s", a.Status, a.Body)
	}
	link, err := w.Govern.Invite(context.Background(), webtest.System, govern.Guest{New: person.New{Name: "<b>Grace", Email: "grace@example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	a := b.Get("/demo/mail")
	if !strings.Contains(a.Body, "1 message would have been sent") || !strings.Contains(a.Body, "grace@example.org") {
		t.Fatalf("the list lacks the mail\n%s", a.Body)
	}
	path := regexp.MustCompile(`href="(/demo/mail/[^"]+)"`).FindStringSubmatch(a.Body)
	if path == nil {
		t.Fatalf("no link to the message\n%s", a.Body)
	}
	one := b.Get(path[1])
	if one.Status != http.StatusOK || !strings.Contains(one.Body, `<a href="`+link.URL+`"`) || strings.Contains(one.Body, "<b>Grace") {
		t.Errorf("%d\n%s", one.Status, one.Body)
	}
	if a := b.Get("/demo/mail/none"); a.Status != http.StatusNotFound {
		t.Errorf("%d, want 404", a.Status)
	}
}

func TestThereIsNoSinkOutsideTheDemo(t *testing.T) {
	w := open(t, false)
	b := w.SignIn(w.Administrator("Ada", "ada@example.org"))
	for _, path := range []string{"/demo/mail", "/demo/mail/x"} {
		if a := b.Get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, a.Status)
		}
	}
}
