package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/credential"
)

// The inventory of credentials: every passkey, narrowed by what an
// administrator may ask of all of them.

// An Origin is by what a credential was enrolled: the word before the colon of
// its provenance.
type Origin string

// origins are those that are counted apart.
var origins = []Origin{"invitation", "session", "conditional create", "setup"}

// A CredentialFilter chooses credentials. The zero filter chooses all, also
// removed ones.
type CredentialFilter struct {
	Text   string // begins the owner's name, its last word or address, or the credential's id or name
	Status credential.Status
	Synced *bool    // backup eligible
	AAGUID []string // any of them; empty: any
	Origin Origin
	Unused time.Time // neither used nor made since; zero: no matter
	Before time.Time // made before; zero: no matter
	Proof  Proof
	Report []string // of the model in the metadata that it was judged by: any of them; empty: no matter
	MadeOn string   // as in CredentialList
}

// A Proof is how it is known that a key cannot leave its device.
type Proof string

const (
	AnyProof Proof = ""
	Proven   Proof = "proven"  // BE=0 and a verified attestation
	Claimed  Proof = "claimed" // BE=0, and nothing that vouches for it
)

// provenance is the expression of an Origin's first letters: enough to tell
// those apart that there are.
const provenance = "substr(provenance, 1, 4)"

func (o Origin) short() string { return string(o[:min(4, len(o))]) }

func (f CredentialFilter) conditions() *conditions {
	c := f.narrow()
	if f.Status != "" {
		c.add("status = %s", string(f.Status))
	}
	if f.Synced != nil {
		n := 0
		if *f.Synced {
			n = 1
		}
		c.add("be = %s", n)
	}
	if len(f.AAGUID) > 0 {
		among(c, "aaguid", f.AAGUID)
	}
	if f.Origin != "" {
		c.add(provenance+" = %s", f.Origin.short())
	}
	return c
}

// narrow is the part of f that nothing is counted by.
func (f CredentialFilter) narrow() *conditions {
	c := &conditions{}
	if f.Text != "" {
		owners := c.called("person", f.Text)
		from, to := c.arg(f.Text), c.arg(f.Text+"\U0010ffff")
		low, high := c.arg(lower(f.Text)), c.arg(lower(f.Text)+"\U0010ffff")
		c.texts = append(c.texts, "("+owners+" or id >= "+from+" and id < "+to+
			" or lower(name) >= "+low+" and lower(name) < "+high+")")
	}
	c.madeOn(f.MadeOn)
	c.judged(f.Proof, f.Report)
	if !f.Before.IsZero() {
		c.add("created < %s", holdfast.Micros(f.Before))
	}
	if !f.Unused.IsZero() {
		c.add("last_used < %s and created < %s", holdfast.Micros(f.Unused), holdfast.Micros(f.Unused))
	}
	return c
}

// judged narrows credentials by how their attestation was judged.
func (c *conditions) judged(p Proof, report []string) {
	const verified = "exists (select 1 from judgement j where j.id = credential.id and j.kind = 'verified')"
	switch p {
	case Proven:
		c.texts = append(c.texts, "be = 0 and "+verified)
	case Claimed:
		c.texts = append(c.texts, "be = 0 and not "+verified)
	}
	var any []string
	for _, s := range report {
		any = append(any, "lower(j.statuses) like "+c.arg(containing(strconv.Quote(s)))+` escape '\'`)
	}
	if len(any) > 0 {
		c.texts = append(c.texts, "id in (select j.id from judgement j where "+strings.Join(any, " or ")+")")
	}
}

// CredentialsWhere lists credentials, the newest first, and says whether there
// are more in the direction of k.
func (r reader) CredentialsWhere(ctx context.Context, f CredentialFilter, k Span) ([]credential.Record, bool, error) {
	c := f.conditions()
	where := order{table: "credential", columns: []string{"$created", "$id"}, desc: true}.span(c, k)
	creds, err := list[credential.Record](ctx, r, where, c.args...)
	return trim(k, creds, err)
}

// A CredentialCount is how many credentials are alike.
type CredentialCount struct {
	Status credential.Status
	Synced bool
	AAGUID string
	Origin string // its first four letters; "" is one that is not counted apart
	N      int64
}

// Matches says whether f, but for its text and its time, chooses these.
func (n CredentialCount) Matches(f CredentialFilter) bool {
	return (f.Status == "" || f.Status == n.Status) && (f.Synced == nil || *f.Synced == n.Synced) &&
		(len(f.AAGUID) == 0 || slices.Contains(f.AAGUID, n.AAGUID)) &&
		(f.Origin == "" || n.Origin == f.Origin.short())
}

// CountCredentialsWhere counts those that f's text and time choose, by the rest of
// what a filter can ask. It reads every credential once, or, where f asks for
// neither, an index that holds all that is counted by.
func (r reader) CountCredentialsWhere(ctx context.Context, f CredentialFilter) ([]CredentialCount, error) {
	c := f.narrow()
	sums := ""
	for _, o := range origins {
		sums += ", sum(case when " + provenance + " = '" + o.short() + "' then 1 else 0 end)"
	}
	// Not grouped by the origin too: the rows come in the order of the index,
	// and need no sorting.
	rs, err := r.q.query(ctx, "select status, be, aaguid, count(*)"+sums+" from credential"+c.where()+" group by status, be, aaguid", c.args...)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	var out []CredentialCount
	for rs.Next() {
		var n CredentialCount
		var status string
		var be int64
		by := make([]int64, len(origins))
		into := []any{&status, &be, &n.AAGUID, &n.N}
		for i := range by {
			into = append(into, &by[i])
		}
		if err := rs.Scan(into...); err != nil {
			return nil, errInternal.Because(err)
		}
		n.Status, n.Synced = credential.Status(status), be != 0
		for i, o := range origins {
			if by[i] > 0 {
				one := n
				one.Origin, one.N = o.short(), by[i]
				out = append(out, one)
				n.N -= by[i]
			}
		}
		if n.N > 0 {
			out = append(out, n)
		}
	}
	return out, rs.Err()
}
