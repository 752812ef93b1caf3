package census

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/standing"
	"holdfast/domain/surroundings"
	"holdfast/domain/ticket"
)

// Facts of an account are what it holds with every name of its own replaced:
// "a" is the person, "c1" a passkey, "d1" a device, and a date is either over or
// the first, second, … that is to come. Most accounts of an organisation share
// theirs with many others, so they are kept once. Facts know no policy: another
// policy makes other shapes of them, and nobody needs to be read again.
//
// What is left out varies without making an edge: names, when something was
// made or used, counters, public keys, chains of certificates.

// self is the person in facts.
const self = "a"

// over stands for every date that has passed, and the dates to come stand an
// hour apart from far on, so that their order is kept.
var (
	over = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	far  = time.Date(2900, 1, 1, 0, 0, 0, 0, time.UTC)
)

// reviewed is how long a declaration counts past the day of its review: to the end
// of the day, and that moment still (surroundings.Record.Standing).
const reviewed = 24*time.Hour + time.Microsecond

// slot is the k-th date to come, from 1.
func slot(k int) time.Time { return far.Add(time.Duration(k) * time.Hour) }

// slotOf is the inverse of slot; 0 for all else.
func slotOf(t time.Time) int {
	if t.Before(far) {
		return 0
	}
	return int(t.Sub(far) / time.Hour)
}

// reading makes facts of accounts. It is used again, so that reading an account
// allocates little.
type reading struct {
	at    time.Time
	names map[string]string
	count [256]int // names so far, by their first letter
	dates []int64  // to come, microseconds, sorted
	out   rules.Held
}

// facts of h at a moment, and the moments at which they become others.
func (r *reading) facts(h *rules.Held, at time.Time) (rules.Held, []int64) {
	r.at = at
	r.dates = r.dates[:0]
	if r.names == nil {
		r.names = map[string]string{}
	}
	clear(r.names)
	clear(r.count[:])
	r.collect(h)
	r.out = rules.Held{Account: standing.Account{}} // groups are kept beside: see groupSets
	r.person(h)
	r.credentials(h)
	r.surroundings(h)
	r.links(h)
	return r.out, r.dates
}

// collect lists the dates to come.
func (r *reading) collect(h *rules.Held) {
	eachDate(h, func(t *time.Time, kept bool) {
		if u := *t; !u.IsZero() {
			if kept {
				u = u.Add(reviewed)
			}
			if u.After(r.at) {
				r.dates = append(r.dates, holdfast.Micros(u))
			}
		}
	})
	slices.Sort(r.dates)
	r.dates = slices.Compact(r.dates)
}

// eachDate visits every date on which edges may depend. kept says that it counts
// a day longer.
func eachDate(h *rules.Held, visit func(t *time.Time, kept bool)) {
	visit(&h.Person.Ends, false)
	visit(&h.Person.RoleEnds, false)
	for i := range h.Surroundings {
		visit(&h.Surroundings[i].From, false)
		visit(&h.Surroundings[i].Until, false)
		visit(&h.Surroundings[i].ReviewBy, true)
	}
	for i := range h.Tickets {
		visit(&h.Tickets[i].Expires, false)
	}
	for i := range h.Tokens {
		visit(&h.Tokens[i].Expires, false)
	}
}

// date is t as facts tell it: not at all, over, or the k-th to come.
func (r *reading) date(t time.Time) time.Time {
	if t.IsZero() || !t.After(r.at) {
		if t.IsZero() {
			return t
		}
		return over
	}
	k, _ := slices.BinarySearch(r.dates, holdfast.Micros(t))
	return slot(k + 1)
}

// review is a date of review: the slot of the day on which it ceases to count,
// less that day, so that it counts for as long as it should.
func (r *reading) review(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	if u := r.date(t.Add(reviewed)); u.After(far) {
		return u
	}
	return over
}

// name is what a name is called in facts; the same for the same.
func (r *reading) name(kind byte, name string) string {
	if name == "" {
		return ""
	}
	key := string(kind) + name
	if n, ok := r.names[key]; ok {
		return n
	}
	r.count[kind]++
	n := string(kind) + strconv.Itoa(r.count[kind])
	r.names[key] = n
	return n
}

func (r *reading) person(h *rules.Held) {
	p := &h.Person
	r.out.Person = person.Record{ID: self, Email: self + domainOf(p.Email), Status: p.Status, Role: p.Role, Employment: p.Employment, SuspendedBy: p.SuspendedBy,
		Ends: r.date(p.Ends), RoleEnds: r.date(p.RoleEnds)}
	if p.Manager != "" {
		r.out.Person.Manager = someone
	}
	if p.ExternalID != "" {
		r.out.Person.ExternalID = self
	}
}

// someone is the manager in facts: who it is stands with the account.
const someone = "m"

// domainOf is "@example.org".
func domainOf(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		return address[i:]
	}
	return ""
}

// before is the part of text before a colon.
func before(text string) string {
	text, _, _ = strings.Cut(text, ":")
	return text
}

func (r *reading) credentials(h *rules.Held) {
	type pair struct {
		c credential.Record
		j evidence.Judgement
	}
	list := make([]pair, 0, len(h.Credentials))
	for i := range h.Credentials {
		c := &h.Credentials[i]
		if c.Status == credential.Removed {
			continue
		}
		p := pair{c: credential.Record{ID: c.ID, Person: self, Algorithm: c.Algorithm, AAGUID: c.AAGUID, Format: c.Format, Attestation: c.Attestation,
			Transports: slices.Clone(c.Transports), BE: c.BE, BS: c.BS, UVInitialized: c.UVInitialized, Status: c.Status,
			Provenance: before(c.Provenance), MadeOn: c.MadeOn}}
		slices.Sort(p.c.Transports)
		if c.SuspendedBy != "" {
			p.c.SuspendedBy = self
		}
		if j := h.Judgement(c.ID); j.ID != "" {
			p.j = evidence.Judgement{ID: c.ID, Person: self, Kind: j.Kind, Anchors: slices.Clone(j.Anchors), AAGUIDProven: j.AAGUIDProven,
				AAGUIDInCert: j.AAGUIDInCert, Serial: j.Serial, Protection: j.Protection, MetadataNo: min(j.MetadataNo, 1),
				Statuses: slices.Clone(j.Statuses), Certification: j.Certification, FIPS: j.FIPS, HardwareProtected: j.HardwareProtected}
			slices.Sort(p.j.Anchors)
			slices.Sort(p.j.Statuses)
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.c.AAGUID, b.c.AAGUID), cmp.Compare(a.c.Status, b.c.Status), cmp.Compare(a.j.Kind, b.j.Kind),
			cmp.Compare(before(a.c.MadeOn), before(b.c.MadeOn)), cmp.Compare(a.c.Provenance, b.c.Provenance), cmp.Compare(a.c.Attestation, b.c.Attestation),
			slices.Compare(a.c.Transports, b.c.Transports), number(a.c.BE)-number(b.c.BE), number(a.c.BS)-number(b.c.BS),
			number(a.c.UVInitialized)-number(b.c.UVInitialized), number(a.j.Serial != "")-number(b.j.Serial != ""), cmp.Compare(a.c.ID, b.c.ID))
	})
	for i := range list {
		c, j := &list[i].c, &list[i].j
		c.ID = holdfast.CredentialID(r.name('c', string(c.ID)))
		if device, ok := strings.CutPrefix(c.MadeOn, credential.OnManaged); ok {
			c.MadeOn = credential.OnManaged + r.name('d', device)
		}
		if j.ID != "" {
			j.ID, j.Serial = c.ID, r.name('s', j.Serial)
			r.out.Judgements = append(r.out.Judgements, *j)
		}
		r.out.Credentials = append(r.out.Credentials, *c)
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r *reading) surroundings(h *rules.Held) {
	list := make([]surroundings.Record, 0, len(h.Surroundings))
	for i := range h.Surroundings {
		s := h.Surroundings[i]
		if s.State() != surroundings.Stands {
			continue
		}
		list = append(list, surroundings.Record{ID: s.ID, Kind: s.Kind, Name: domainOf(s.Name), Person: self, Provider: s.Provider, Primary: s.Primary,
			SignIn: slices.Clone(s.SignIn), Recovery: slices.Clone(s.Recovery), Said: s.Said, Devices: s.Devices,
			Over: s.Over, Target: s.Target, Holders: slices.Clone(s.Holders), K: s.K, Check: s.Check, Status: s.Status,
			ReviewBy: r.review(s.ReviewBy), From: r.date(s.From), Until: r.date(s.Until), Declared: over})
	}
	slices.SortFunc(list, func(a, b surroundings.Record) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Status, b.Status),
			slices.Compare(a.SignIn, b.SignIn), slices.Compare(a.Recovery, b.Recovery), number(a.Primary)-number(b.Primary),
			a.From.Compare(b.From), a.Until.Compare(b.Until), a.ReviewBy.Compare(b.ReviewBy), cmp.Compare(a.ID, b.ID))
	})
	for i := range list {
		s := &list[i]
		s.ID = holdfast.SurroundingID(r.name('x', string(s.ID)))
		s.Name = string(s.ID) + s.Name
		devices := make([]string, len(s.Devices))
		for i, d := range s.Devices {
			devices[i] = r.name('d', d)
		}
		s.Devices = devices
	}
	r.out.Surroundings = list
}

func (r *reading) links(h *rules.Held) {
	for i := range h.Tickets {
		if t := &h.Tickets[i]; t.Used.IsZero() && t.Revoked.IsZero() {
			r.out.Tickets = append(r.out.Tickets, ticket.Record{Kind: t.Kind, Person: self, By: before(t.By), Expires: r.date(t.Expires)})
		}
	}
	slices.SortFunc(r.out.Tickets, func(a, b ticket.Record) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), a.Expires.Compare(b.Expires), cmp.Compare(a.By, b.By))
	})
	for i := range r.out.Tickets {
		r.out.Tickets[i].ID = holdfast.TicketID("t" + strconv.Itoa(i+1))
	}
	for i := range h.Tokens {
		if t := &h.Tokens[i]; t.Revoked.IsZero() {
			scopes := slices.Clone(t.Scopes)
			slices.Sort(scopes)
			r.out.Tokens = append(r.out.Tokens, apitoken.Record{Owner: self, Scopes: scopes, Expires: r.date(t.Expires)})
		}
	}
	slices.SortFunc(r.out.Tokens, func(a, b apitoken.Record) int {
		return cmp.Or(slices.Compare(a.Scopes, b.Scopes), a.Expires.Compare(b.Expires))
	})
	for i := range r.out.Tokens {
		r.out.Tokens[i].ID = holdfast.APITokenID("k" + strconv.Itoa(i+1))
	}
}

// key is a text that is equal for equal facts.
func key(b []byte, h *rules.Held) []byte {
	p := &h.Person
	b = texts(b, p.Email, string(p.Status), string(p.Role), string(p.Employment), string(p.SuspendedBy), string(p.Manager), p.ExternalID)
	b = moments(b, p.Ends, p.RoleEnds)
	b = append(b, byte(len(h.Credentials)), byte(len(h.Judgements)), byte(len(h.Surroundings)), byte(len(h.Tickets)), byte(len(h.Tokens)))
	for i := range h.Credentials {
		c := &h.Credentials[i]
		b = texts(b, string(c.ID), c.AAGUID, c.Format, c.Attestation, string(c.Status), c.Provenance, c.MadeOn, c.SuspendedBy)
		b = words(b, c.Transports)
		b = binary.AppendVarint(b, c.Algorithm)
		b = append(b, byte(number(c.BE)|number(c.BS)<<1|number(c.UVInitialized)<<2))
	}
	for i := range h.Judgements {
		j := &h.Judgements[i]
		b = texts(b, string(j.ID), j.Kind, j.Serial, j.Protection, j.Certification)
		b = words(words(b, j.Anchors), j.Statuses)
		b = append(b, byte(j.MetadataNo), byte(number(j.AAGUIDProven)|number(j.AAGUIDInCert)<<1|number(j.FIPS)<<2|number(j.HardwareProtected)<<3))
	}
	for i := range h.Surroundings {
		s := &h.Surroundings[i]
		b = texts(b, string(s.ID), string(s.Kind), s.Name, s.Provider, s.Over, s.Target, s.Check, s.Status)
		b = words(words(words(words(b, s.SignIn), s.Recovery), s.Devices), s.Holders)
		b = append(b, byte(s.K), byte(number(s.Primary)|number(s.Said)<<1))
		b = moments(b, s.ReviewBy, s.From, s.Until)
	}
	for i := range h.Tickets {
		b = moments(texts(b, string(h.Tickets[i].Kind), h.Tickets[i].By), h.Tickets[i].Expires)
	}
	for i := range h.Tokens {
		b = moments(words(b, h.Tokens[i].Scopes), h.Tokens[i].Expires)
	}
	return b
}

func texts(b []byte, all ...string) []byte {
	for _, t := range all {
		b = append(binary.AppendUvarint(b, uint64(len(t))), t...)
	}
	return b
}

func words(b []byte, all []string) []byte {
	return texts(binary.AppendUvarint(b, uint64(len(all))), all...)
}

// moments of facts: none, over, or a slot.
func moments(b []byte, all ...time.Time) []byte {
	for _, t := range all {
		switch {
		case t.IsZero():
			b = append(b, 0)
		case slotOf(t) == 0:
			b = append(b, 1)
		default:
			b = binary.AppendUvarint(b, uint64(slotOf(t))+1)
		}
	}
	return b
}

// later are the facts when the first n dates to come have passed.
func later(h rules.Held, n int) rules.Held {
	h.Surroundings, h.Tickets, h.Tokens = slices.Clone(h.Surroundings), slices.Clone(h.Tickets), slices.Clone(h.Tokens)
	eachDate(&h, func(t *time.Time, _ bool) {
		switch k := slotOf(*t); {
		case k == 0:
		case k <= n:
			*t = over
		default:
			*t = slot(k - n)
		}
	})
	return h
}
