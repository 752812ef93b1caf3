package answer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"holdfast/domain/exposure"
)

// declared is what to do about a fact that nobody has said: what to declare, and
// the command or the line of the policy that says it.
type declared struct{ kind, how string }

// learn: the fact is looked up and turns out to be no way in, which the sentence
// says. Unknown, it is graded as bad as it can be: so it gets no worse.
func (c *Case) learn(fact string) Edit {
	d := c.declaration(fact)
	return Edit{
		Text: "declare " + d.kind + ": " + fact,
		Said: fmt.Sprintf("Find out %s, and say it: %s. What is promised here holds if it turns out to be no way in; at worst %s stays at AAL%d.", fact, d.how, c.name(), c.Truth.Effective.AAL),
		graph: func(g exposure.Graph) exposure.Graph {
			unknown := map[string]bool{}
			for i := range g.Atoms {
				if g.Atoms[i].Class == exposure.Unknown && g.Atoms[i].Learn == fact {
					unknown[g.Atoms[i].ID] = true
				}
			}
			return without(func(e *exposure.Edge) bool {
				return slices.ContainsFunc(e.Body, func(b string) bool { return unknown[b] })
			})(g)
		},
	}
}

// declaration reads what kind of fact it is from the first atom that asks for it.
func (c *Case) declaration(fact string) declared {
	id := ""
	for i := range c.Graph.Atoms {
		if a := &c.Graph.Atoms[i]; a.Class == exposure.Unknown && a.Learn == fact && (id == "" || a.ID < id) {
			id = a.ID
		}
	}
	kind, rest, _ := strings.Cut(strings.TrimPrefix(id, "unknown:"), "/")
	of, last, _ := strings.Cut(rest, "/")
	switch kind {
	case "copies":
		return c.declareCopies(rest)
	case "ways":
		return c.declareWays(of, last)
	case "admin", "desk":
		target := ""
		if last != "any" && last != "" && kind == "admin" {
			target = " --target " + last
		}
		return declared{"power", "`holdfast surroundings add power --over " + of + target + " --holder WHO --check HOW`"}
	case "power", "check":
		return declared{"power", "`holdfast surroundings change " + quoted(c.recordName(rest)) + " --holder WHO --check HOW --status declared`, with a day of review to come"}
	case "pool":
		put := "`holdfast group join`, or `holdfast person role`, puts those who approve into "
		return declared{"approvers", put + rest + "; or take the procedure that asks them out of the segment's `recovery`"}
	case "who":
		return declared{"person", "`holdfast person describe " + c.address() + " --manager PERSON`"}
	case "account":
		return declared{"person", "name somebody with an account here in place of " + rest + ", whose account nobody here knows"}
	case "code":
		return declared{"policy.recovery." + rest, "`channel` of the code of " + rest + " in the policy"}
	case "fallback":
		return declared{"policy.fallbacks", "a `kind` of fallback that the policy knows, or none"}
	}
	return declared{"fact", "`holdfast surroundings add KIND`, with what you found"}
}

// declareCopies: where passkeys of a provider, or a model, can be copied to.
func (c *Case) declareCopies(provider string) declared {
	segment := orSegment(c.Person.Segment)
	attest := "require an attestation of passkeys in segment " + segment + ", which proves of each where it is kept"
	add := "`holdfast surroundings add sync_account --person " + c.address() + " --provider PROVIDER --sign-in WAY --recovery WAY --recovery-complete`"
	if _, ok := c.Organisation.Policy.Document().Providers.Get(provider); ok {
		return declared{"sync_account", strings.Replace(add, "PROVIDER", provider, 1) + ", or, for everybody, `policy.providers." + provider + "` with `status: declared`"}
	}
	if provider == "any" {
		return declared{"sync_account", add + "; or " + attest}
	}
	return declared{"provider", "`policy.providers.NAME` with the model " + provider + " among its `aaguids`, for everybody; or " + add + "; or " + attest}
}

// declareWays: how a thing is signed in to and recovered.
func (c *Case) declareWays(topic, provider string) declared {
	ways := " --sign-in WAY --recovery WAY --recovery-complete`"
	at := ""
	if provider != "any" && provider != "" {
		at = " --provider " + provider
	}
	if power, ok := strings.CutPrefix(topic, "power-"); ok {
		return declared{"power", "`holdfast surroundings change " + quoted(c.recordName(power)) + ways}
	}
	records := slices.Concat(c.Person.Syncs, c.Person.Mailboxes, c.Person.Phones, c.Person.Kept)
	for i := range records {
		if r := &records[i]; string(r.Kind) == topic && (provider == "any" || r.Provider == provider || r.Provider == "") {
			return declared{topic, "`holdfast surroundings change " + quoted(r.Name) + ways}
		}
	}
	how := "`holdfast surroundings add " + topic + " --person " + c.address() + at + ways
	if topic == "sync_account" && at != "" {
		how += ", or, for everybody, `policy.providers." + provider + "`"
	}
	return declared{topic, how}
}

// address is how a command names the person.
func (c *Case) address() string { return label(c.Person.ID, "PERSON") }

func orSegment(name string) string { return label(name, "of theirs") }

func quoted(name string) string {
	if strings.ContainsAny(name, " '\"") {
		return strconv.Quote(name)
	}
	return name
}

// plainly puts first, for a fact that nobody has said, what to find out; and where
// nothing else helps against one operator, says so.
func (c *Case) plainly(f Finding, out []Fix, count Counting) []Fix {
	switch f.Rule {
	case UnknownFact:
		for _, w := range f.Weakest {
			for _, u := range w.Unknown {
				if fact := c.atom(u).Learn; strings.HasSuffix(f.Sentence, "nobody has said "+fact+".") {
					return c.first(c.learn(fact), out, count)
				}
			}
		}
	case SinglePoint, BelowRequired:
		if len(out) == 0 {
			return c.fewer(f)
		}
	}
	return out
}

// first puts a change before the others, wherever it was among them.
func (c *Case) first(e Edit, out []Fix, count Counting) []Fix {
	if i := slices.IndexFunc(out, func(x Fix) bool { return x.Change == e.Text }); i >= 0 {
		x := out[i]
		return slices.Insert(slices.Delete(out, i, i+1), 0, x)
	}
	x := Fix{Change: e.Text, Said: e.Said, Verdict: c.Truth.Verdict}
	if after, err := e.Apply(c); err == nil {
		x.Verdict = after.Truth.Verdict
	}
	if count != nil {
		e.aim = UnknownFact
		x.Lifted, x.Lockout = count(e)
	}
	return slices.Insert(out, 0, x)
}

// fewer: what one operator may do alone, fewer of them may; there is no setting by
// which it takes two.
func (c *Case) fewer(f Finding) []Fix {
	for _, w := range f.Weakest {
		for _, id := range w.Path {
			e := c.edges[id]
			if e == nil || e.Rule != "operator-power" && e.Rule != "token-power" {
				continue
			}
			n := 0
			for i := range c.Graph.Edges {
				if x := &c.Graph.Edges[i]; x.Head == e.Head && (x.Rule == "operator-power" || x.Rule == "token-power") {
					n++
				}
			}
			return []Fix{{Change: "roles: fewer holders", Verdict: c.Truth.Verdict,
				Said: "Let fewer people and tokens hold the role or scope by which one alone can do this: " + strconv.Itoa(n) +
					" can today. There is no setting today that asks two of them to agree, so one is enough as long as there is one."}}
		}
	}
	return []Fix{}
}
