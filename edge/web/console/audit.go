package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/grant"
	"holdfast/domain/session"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/spec/translog"
)

func (c *Console) audit(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx := r.Context()
	filter, shown, err := c.logFilter(r)
	if err != nil {
		return err
	}
	filter.Before = index(r.FormValue("before"))
	if after := index(r.FormValue("after")); after >= 0 {
		filter.From = after + 1
	}
	leaves, more, err := c.Store.LogPage(ctx, filter, perPage)
	if err != nil {
		return err
	}
	rows, err := c.auditRows(ctx, leaves)
	if err != nil {
		return err
	}
	checkpoint, err := c.Store.Checkpoint(ctx)
	if err != nil {
		return err
	}
	to := &page.Audit{Rows: rows, Types: kinds(), Filter: shown, Export: page.ExportOf(r.URL.Query()), Checkpoint: checkpoint, Size: sizeOf(checkpoint)}
	to.Newer, to.Older = ways(r.URL.Query(), filter, leaves, more)
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// index reads the index of a record, or gives -1.
func index(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > 1<<62 {
		return -1
	}
	return n
}

// sizeOf reads how many records a checkpoint signs. It is only shown: what
// relies on it verifies the signature.
func sizeOf(checkpoint string) int64 {
	c, err := translog.ParseCheckpoint(checkpoint)
	if err != nil {
		return 0
	}
	return c.Size
}

// ways are the addresses of the newer and the older page, if there are any.
func ways(query url.Values, f store.LogFilter, leaves []store.Leaf, more bool) (newer, older string) {
	if len(leaves) == 0 {
		return "", ""
	}
	cursors := []string{"before", "after"}
	up, down := leaves[0].Index, leaves[len(leaves)-1].Index
	if f.From > 0 && more || f.Before > 0 {
		newer = with(query, cursors, "after", strconv.FormatInt(up, 10))
	}
	if f.From > 0 || more {
		older = with(query, cursors, "before", strconv.FormatInt(down, 10))
	}
	return newer, older
}

// logFilter turns what was typed into what the store can find, and gives both.
func (c *Console) logFilter(r *http.Request) (store.LogFilter, page.AuditFilter, error) {
	ctx := r.Context()
	typed := func(name string) string {
		text := strings.TrimSpace(r.FormValue(name))
		return strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), longestTyped)], "\x00", ""), "")
	}
	f := page.AuditFilter{Type: typed("type"), Actor: typed("actor"), Subject: typed("subject"), From: typed("from"), To: typed("to")}
	out := store.LogFilter{Type: audit.Type(f.Type), About: f.Subject, Since: day(f.From)}
	if to := day(f.To); !to.IsZero() {
		out.Until = to.AddDate(0, 0, 1)
	}
	if f.Actor != "" {
		ids, err := c.peopleTyped(ctx, f.Actor)
		if err != nil {
			return out, f, err
		}
		out.Actor = actors(f.Actor, ids)
	}
	if f.Subject == "" {
		return out, f, nil
	}
	if owner, is, err := c.ownerOf(ctx, f.Subject); is || err != nil {
		out.Owner = owner
		return out, f, err
	}
	ids, err := c.peopleTyped(ctx, f.Subject)
	if len(ids) == 1 {
		out.About = string(ids[0])
	} else {
		f.Several = len(ids)
	}
	return out, f, err
}

// longestTyped bounds what is looked for: an id of a credential, in base64url.
const longestTyped = 1400

// ownerOf says whether text is an id, and whose the thing is, where it is
// somebody's.
func (c *Console) ownerOf(ctx context.Context, text string) (holdfast.PersonID, bool, error) {
	kind, _, is := strings.Cut(text, "_")
	var owner holdfast.PersonID
	var err error
	switch {
	case strings.ContainsAny(text, "@ "):
		return "", false, nil
	case is && kind == "ses":
		var s session.Record
		s, err = c.Store.Session(ctx, holdfast.SessionID(text))
		owner = s.Person
	case is && kind == "gra":
		var g grant.Grant
		g, err = c.Store.Grant(ctx, holdfast.GrantID(text))
		owner = g.Person
	case is && len(kind) == 3:
		return "", true, nil
	default:
		var k credential.Record
		k, err = c.Store.Credential(ctx, holdfast.CredentialID(text))
		owner, is = k.Person, err == nil
	}
	if holdfast.KindOf(err) == holdfast.NotFound && err != nil {
		err = nil
	}
	return owner, is, err
}

// actors are the ways in which the log may name who was typed: "per_…", "root",
// "host:root", "system", a name, an address.
func actors(typed string, people []holdfast.PersonID) []string {
	out := []string{typed}
	for _, kind := range []holdfast.ActorKind{holdfast.ActorPerson, holdfast.ActorHost, holdfast.ActorApp, holdfast.ActorTicket, holdfast.ActorToken} {
		out = append(out, string(kind)+":"+typed)
	}
	for _, id := range people {
		out = append(out, string(holdfast.ActorPerson)+":"+string(id))
	}
	return out
}

// maxTyped bounds how many people a part of a name stands for.
const maxTyped = 20

// peopleTyped finds the person with the address, else those whose name, or its
// last word, begins so.
func (c *Console) peopleTyped(ctx context.Context, text string) ([]holdfast.PersonID, error) {
	p, err := c.Store.PersonByEmail(ctx, strings.ToLower(text))
	if err == nil {
		return []holdfast.PersonID{p.ID}, nil
	}
	if holdfast.KindOf(err) != holdfast.NotFound {
		return nil, err
	}
	people, _, err := c.Store.PeoplePart(ctx, store.PeopleFilter{Begins: text}, store.Span{Limit: maxTyped})
	var ids []holdfast.PersonID
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	return ids, err
}

// day reads a date input; what is none is no limit.
func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// auditRows makes lines of records: sentences, with names instead of ids.
func (c *Console) auditRows(ctx context.Context, leaves []store.Leaf) ([]page.AuditRow, error) {
	entries, names := make([]audit.Entry, len(leaves)), c.names()
	for i, l := range leaves {
		e, err := audit.Decode(l.Body)
		if err != nil {
			return nil, errDamaged.Because(err)
		}
		entries[i] = e
		names.person(l.Person)
		names.actor(l.Actor)
		names.subject(l.Subject)
		names.subject(string(appOf(l, e)))
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	rows := make([]page.AuditRow, len(leaves))
	for i, l := range leaves {
		rows[i] = page.AuditRow{
			Index: strconv.FormatInt(l.Index, 10), Type: string(l.Type), Title: names.title(l, entries[i]), At: l.At,
			Actor: names.actorLink(l.Actor), Subject: names.subjectLink(l.Subject, l.Person),
		}
		if l.Type == "host.looked" && l.Person == "" && !strings.HasPrefix(l.Actor, string(holdfast.ActorHost)+":") {
			rows[i].Subject = page.Link{Text: "everybody’s accounts", URL: page.PathExposed}
		}
	}
	return rows, nil
}

var errDamaged = holdfast.Errorf(holdfast.Unavailable, "log_damaged",
	"A record of the log cannot be read. Run holdfast audit verify on the server.")

// record shows one record with the proof that it is in the log.
func (c *Console) record(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	n := index(r.PathValue("index"))
	if n < 0 {
		return visit.ErrNoPage
	}
	leaf, proof, err := c.Store.Prove(r.Context(), n)
	if err != nil {
		return err
	}
	openings, err := c.Store.Openings(r.Context(), n)
	if err != nil {
		return err
	}
	rows, err := c.auditRows(r.Context(), []store.Leaf{leaf})
	if err != nil {
		return err
	}
	entry, err := audit.Decode(leaf.Body)
	if err != nil {
		return errDamaged.Because(err)
	}
	to := &page.AuditRecord{
		Row: rows[0], Fields: fields(entry, openings), LeafHash: translog.LeafHash(leaf.Body).String(),
		Size: sizeOf(proof.Checkpoint), Checkpoint: proof.Checkpoint, Canonical: string(leaf.Body),
	}
	for _, h := range proof.Hashes {
		to.Proof = append(to.Proof, h.String())
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}
