package organisation

import (
	"embed"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"sort"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
)

//go:embed policy.yaml
var files embed.FS

// Now is the moment at which an organisation is looked at.
var Now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// Organisation is one that is made up. New makes it.
type Organisation struct {
	People int
	Seed   uint64
	groups []float64 // of the k-th group: the sum of the weights up to it
}

// New is an organisation of so many people. The same size and seed give the same.
func New(people int, seed uint64) *Organisation {
	o := &Organisation{People: people, Seed: seed}
	sum := 0.0
	for k := range o.groupCount() {
		sum += 1 / math.Pow(float64(k+1), 1.1)
		o.groups = append(o.groups, sum)
	}
	return o
}

// groupCount: a hundred groups, and one more for every 250 people.
func (o *Organisation) groupCount() int { return min(100+o.People/250, 2000) }

// named are the groups with the largest sizes; the rest are "team-0007".
var named = []string{"all-staff", "frontline", "engineering", "sales", "stores", "support", "finance", "people", "legal"}

// Group is the name of the k-th group, the largest first.
func Group(k int) string {
	if k < len(named) {
		return named[k]
	}
	return fmt.Sprintf("team-%04d", k)
}

// PolicyText is the policy of every made-up organisation.
func PolicyText() []byte {
	text, err := files.ReadFile("policy.yaml")
	if err != nil {
		panic(err)
	}
	return text
}

// Policy is PolicyText, compiled, with changes: pairs of what is replaced and by
// what. It panics where one does not fit.
func Policy(changes ...string) *policy.Policy {
	text := string(PolicyText())
	for i := 0; i+1 < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			panic("organisation: the policy has no " + changes[i])
		}
		text = strings.ReplaceAll(text, changes[i], changes[i+1])
	}
	d, problems := policy.Parse("policy.yaml", []byte(text))
	if problems.Bad() {
		panic(problems)
	}
	p, problems := policy.Compile(d, nil)
	if problems.Bad() {
		panic(problems)
	}
	return p
}

// All gives everybody, in the order of their numbers.
func (o *Organisation) All() iter.Seq[rules.Held] {
	return func(yield func(rules.Held) bool) {
		for i := range o.People {
			if !yield(o.Held(i)) {
				return
			}
		}
	}
}

// ID is that of the i-th person.
func (o *Organisation) ID(i int) holdfast.PersonID {
	return holdfast.PersonID("per_" + o.word("person", i))
}

// Number is the inverse of ID among the accounts of o, by trying them; -1 where
// it is nobody. It is for tests of a few people.
func (o *Organisation) Number(id holdfast.PersonID) int {
	for i := range o.People {
		if o.ID(i) == id {
			return i
		}
	}
	return -1
}

// word is twenty letters that belong to a number.
func (o *Organisation) word(kind string, i int) string {
	r := o.rand(kind, i)
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], r.Uint64())
	binary.LittleEndian.PutUint64(b[8:], r.Uint64())
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:])[:20])
}

// rand is chance that belongs to a number, and to nothing else.
func (o *Organisation) rand(kind string, i int) *rand.Rand {
	var sum uint64
	for _, c := range []byte(kind) {
		sum = sum*1099511628211 ^ uint64(c)
	}
	return rand.New(rand.NewPCG(o.Seed^sum, uint64(i)*0x9e3779b97f4a7c15+1))
}

// What the first people are. The rest are the many.
func (o *Organisation) administrators() int { return 2 + min(o.People/20_000, 18) }
func (o *Organisation) desk() int           { return min(max(1, o.People/1000), 300) }
func (o *Organisation) officers() int       { return min(2+o.People/5000, 12) }
func (o *Organisation) auditors() int       { return min(1+o.People/100_000, 5) }
func (o *Organisation) leads() int          { return min(1+o.People/40, 50+o.People/400, 2000) }

// kindOf says what the i-th person is, in this order.
func (o *Organisation) kindOf(i int) kind {
	for _, k := range []struct {
		n    int
		kind kind
	}{{o.administrators(), administrator}, {o.desk(), helper}, {o.officers(), officer}, {o.auditors(), auditor}, {o.leads(), lead}} {
		if i < k.n {
			return k.kind
		}
		i -= k.n
	}
	return many
}

type kind int

const (
	many kind = iota
	administrator
	helper // of the service desk
	officer
	auditor
	lead // who answers for contractors
)

// leadNumber is the number of one of the leads.
func (o *Organisation) leadNumber(r *rand.Rand) int {
	first := o.administrators() + o.desk() + o.officers() + o.auditors()
	return min(first+r.IntN(o.leads()), o.People-1)
}

// drawGroups: some four each, by the power law.
func (o *Organisation) drawGroups(r *rand.Rand) []string {
	out := []string{}
	total := o.groups[len(o.groups)-1]
	for range 1 + r.IntN(6) {
		k := sort.SearchFloat64s(o.groups, r.Float64()*total)
		out = append(out, Group(min(k, len(o.groups)-1)))
	}
	return out
}

// Powers are those who can act on others' things from outside, and within.
func (o *Organisation) Powers() []surroundings.Record {
	review, said := Now.AddDate(1, 0, 0), Now.AddDate(0, -1, 0)
	power := func(id, name, over, target, check string, holders ...string) surroundings.Record {
		return surroundings.Record{ID: holdfast.SurroundingID("sur_" + id), Kind: surroundings.Power, Name: name, Over: over, Target: target, Check: check,
			Holders: holders, Status: surroundings.Declared, Source: "made up", ReviewBy: review, Declared: said}
	}
	person := func(i int) string { return "person:" + string(o.ID(min(i, o.People-1))) }
	admins := o.administrators()
	mail := power("mail", "mail administration", surroundings.OverMail, "", "", "the mail administrator")
	mail.SignIn, mail.Recovery, mail.Said = []string{"password+totp"}, nil, true
	return []surroundings.Record{
		mail,
		power("apple", "Apple tenant administration", surroundings.OverProvider, "apple-managed", "", person(0), person(1)),
		power("google", "Google tenant administration", surroundings.OverProvider, "google-managed", "", person(1)),
		power("directory", "service desk for the directory", surroundings.OverPrimary, "", surroundings.CheckAsked, person(admins)),
		power("devices", "device management", surroundings.OverDevices, "", "", person(0)),
		power("stores", "store managers' desk", surroundings.OverPasskeys, "group:stores", surroundings.CheckAsked, "a store manager"),
		power("database", "database administration", surroundings.OverDatabase, "", "", "the database administrator"),
	}
}
