// Package mailsink shows the demo's mail, which never leaves the machine. Its
// pages carry links that sign somebody in, so it refuses to exist anywhere but
// in the demo: a server that is no demo does not add its routes.
package mailsink

import (
	"context"
	"net/http"

	"holdfast/domain/notice"
	"holdfast/edge/web/page"
	"holdfast/edge/web/route"
	"holdfast/edge/web/visit"
)

// Store is what the sink reads.
type Store interface {
	// Mails lists the outbox, the newest first, at most limit.
	Mails(ctx context.Context, limit int) ([]notice.Mail, error)
	Mail(ctx context.Context, id string) (notice.Mail, error)
}

// Config is what the sink needs.
type Config struct {
	Visits *visit.Visits
	Store  Store
	From   string // whom the mail would come from
}

// Sink serves the mail.
type Sink struct{ Config }

// New makes the sink, for a demo only.
func New(c Config) *Sink { return &Sink{c} }

// Routes adds the sink to mux. Where the visits are of no demo it adds nothing.
func (s *Sink) Routes(mux *route.Mux) {
	if !s.Visits.Demo {
		return
	}
	mux.HandleFunc("GET "+page.PathMail, route.Anyone, s.list)
	mux.HandleFunc("GET "+page.PathMail+"/{id}", route.Anyone, s.one)
}

// listed is how many of the latest messages the list shows.
const listed = 200

func (s *Sink) list(w http.ResponseWriter, r *http.Request) {
	v, err := s.Visits.Of(r)
	var mails []notice.Mail
	if err == nil {
		mails, err = s.Store.Mails(r.Context(), listed)
	}
	if err != nil {
		s.Visits.PageError(w, r, v, err)
		return
	}
	to := &page.MailSink{Frame: s.Visits.Frame(w, r, v)}
	for _, m := range mails {
		to.Mails = append(to.Mails, shown(m))
	}
	s.Visits.Render(w, r, http.StatusOK, to)
}

func (s *Sink) one(w http.ResponseWriter, r *http.Request) {
	v, err := s.Visits.Of(r)
	var m notice.Mail
	if err == nil {
		m, err = s.Store.Mail(r.Context(), r.PathValue("id"))
	}
	if err != nil {
		s.Visits.PageError(w, r, v, err)
		return
	}
	s.Visits.Render(w, r, http.StatusOK, &page.MailMessage{
		Frame: s.Visits.Frame(w, r, v), Mail: shown(m), From: s.From, Body: m.Text})
}

func shown(m notice.Mail) page.Mail {
	return page.Mail{ID: m.ID, To: m.To, Subject: m.Subject, At: m.At}
}
