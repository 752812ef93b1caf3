package answer

import (
	"slices"
	"strconv"
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
)

// What can be done about each kind of thing. Each change is one that somebody
// can really make: in the policy, in what is declared because it was changed
// there, or to a passkey.

func (c *Case) againstRecovery(name string) []Edit {
	p, ok := c.Organisation.Policy.Document().Recovery.Get(name)
	if !ok {
		return nil
	}
	path := "policy.recovery." + name
	var out []Edit
	proofs := []struct {
		text, said string
		step       policy.Proof
	}{
		{"proof(ial2)", "a remote proof of identity (IAL2)", policy.Proof{Kind: "remote-video", IAL: 2}},
		{"proof(onsite, stored-portrait)", "an attended comparison on site with the stored portrait", policy.Proof{Kind: "onsite-attended", IAL: 2, Match: "stored-portrait"}},
	}
	for _, x := range proofs {
		if proven(p, x.step.Match != "") {
			continue
		}
		out = append(out, Edit{
			Text:   path + ".steps += " + x.text,
			Said:   "Make " + x.said + " a step of " + name + ", so that it does not rest on belief.",
			policy: procedureWith(name, func(p *policy.Procedure) { p.Steps = append(p.Steps, &policy.Step{Proof: &x.step}) }),
		})
	}
	more := func(s *policy.Step) bool { // there is somebody to ask as well
		return s.Approve != nil && c.Organisation.Approvers(c.Person, s.Approve) > s.Approve.K
	}
	if asks := func(s *policy.Step) bool { return s.Approve != nil }; slices.ContainsFunc(p.Steps, asks) && !slices.ContainsFunc(p.Steps, func(s *policy.Step) bool { return asks(s) && !more(s) }) {
		out = append(out, Edit{
			Text: path + ".steps.approve.k += 1",
			Said: "Have one more person, independent of the others, approve " + name + ".",
			policy: procedureWith(name, func(p *policy.Procedure) {
				for _, s := range p.Steps {
					if s.Approve != nil {
						s.Approve.K++
						s.Approve.Independent = true
					}
				}
			}),
		})
	}
	return append(out, Edit{
		Text: "policy.segments." + c.Person.Segment + ".recovery -= " + name,
		Said: "Do without the recovery " + name + " in " + c.Person.Segment + ".",
		policy: segmentWith(c.Person.Segment, func(s *policy.Segment) {
			s.Recovery = slices.DeleteFunc(s.Recovery, func(r string) bool { return r == name })
		}),
	})
}

// proven says whether p has such a proof already, or a stronger one.
func proven(p *policy.Procedure, compared bool) bool {
	return slices.ContainsFunc(p.Steps, func(s *policy.Step) bool {
		return s.Proof != nil && s.Proof.IAL > 0 && (s.Proof.Match != "" || !compared)
	})
}

func (c *Case) againstPower(id string) []Edit {
	i := slices.IndexFunc(c.Organisation.Shared, func(r surroundings.Record) bool { return string(r.ID) == id })
	if i < 0 {
		return nil
	}
	r := c.Organisation.Shared[i]
	name := r.Name
	var out []Edit
	for _, x := range []struct{ check, said string }{
		{surroundings.CheckVideo, "prove the caller's identity by video (IAL2)"},
		{surroundings.CheckOnsite, "compare whoever asks with the stored portrait, on site"},
	} {
		if r.Check == x.check || r.Check == surroundings.CheckOnsite {
			continue
		}
		set, _ := recordWith(id, func(r *surroundings.Record) { r.Check = x.check })
		out = append(out, Edit{Text: "surroundings." + name + ".check = " + x.check, Said: "Have " + name + " " + x.said + ", in place of believing.", shared: set})
	}
	if k := max(r.K, 1) + 1; len(r.Holders) >= k {
		set, _ := recordWith(id, func(r *surroundings.Record) { r.K = k })
		out = append(out, Edit{Text: "surroundings." + name + ".k = " + strconv.Itoa(k), Said: "Let " + name + " act only where " + strconv.Itoa(k) + " agree.", shared: set})
	}
	if r.Over == surroundings.OverPrimary {
		out = append(out, c.separate()...)
	}
	return append(out, Edit{
		Text: "surroundings -= " + name,
		Said: "Take the power " + name + " away.",
		shared: func(list []surroundings.Record) []surroundings.Record {
			return slices.DeleteFunc(list, func(r surroundings.Record) bool { return string(r.ID) == id })
		},
	})
}

// separate: whoever resets the directory's account does not get at the passkeys.
func (c *Case) separate() (out []Edit) {
	for _, s := range c.Person.Syncs {
		if s.Primary {
			out = append(out, Edit{
				Text: "surroundings.sync_account.primary = false",
				Said: "Separate the account at which passkeys are synced from the account of the directory.",
				one: func(a *rules.Account) {
					for i := range a.Syncs {
						a.Syncs[i].Primary = false
						desk := func(way string) bool { return slices.Contains(strings.Split(way, "+"), "desk") }
						a.Syncs[i].Recovery, a.Syncs[i].Said = slices.DeleteFunc(slices.Clone(a.Syncs[i].Recovery), desk), true
					}
				},
			})
			break
		}
	}
	return out
}

// againstAccount is about a sync account, a mailbox or a telephone number.
func (c *Case) againstAccount(of, id string) []Edit {
	records := slices.Concat(c.Person.Syncs, c.Person.Mailboxes, c.Person.Phones, c.Person.Kept)
	i := slices.IndexFunc(records, func(r surroundings.Record) bool { return string(r.ID) == id })
	if i < 0 {
		said := "Take away: " + c.groupLabel(of) + "."
		if strings.HasPrefix(of, "phone:") {
			said = "Send nothing to " + c.name() + "'s telephone number that leads in or back."
		}
		return []Edit{{Text: "remove " + of, Said: said, graph: without(func(e *exposure.Edge) bool { return e.Of == of })}}
	}
	r := records[i]
	if r.Kind == surroundings.KeptCode {
		return []Edit{{Text: "surroundings -= " + r.Name, Said: "Have " + c.name() + " keep the saved recovery code on paper, and not at " + r.Name + ".",
			one: func(a *rules.Account) {
				a.Kept = slices.DeleteFunc(a.Kept, func(k surroundings.Record) bool { return string(k.ID) == id })
			}}}
	}
	_, signIn := recordWith(id, func(r *surroundings.Record) { r.SignIn = []string{"key+pin"} })
	out := []Edit{{
		Text: "surroundings." + string(r.Kind) + ".sign_in = [key+pin]",
		Said: "Have " + c.name() + " sign in at " + r.Name + " with a hardware key.",
		one:  signIn,
	}}
	for _, way := range r.Recovery {
		_, drop := recordWith(id, func(r *surroundings.Record) {
			r.Recovery, r.Said = slices.DeleteFunc(slices.Clone(r.Recovery), func(w string) bool { return w == way }), true
		})
		out = append(out, Edit{Text: "surroundings." + string(r.Kind) + ".recovery -= " + way, Said: "Turn the way back by " + way + " off at " + r.Name + ".", one: drop})
	}
	if r.Kind == surroundings.SyncAccount {
		out = append(out, c.separate()...)
	}
	return out
}

func (c *Case) againstCredential(id string) []Edit {
	for _, k := range c.Person.Credentials {
		if k.ID != id {
			continue
		}
		remove := Edit{Text: "credentials -= " + id, Said: "Remove the passkey " + label(k.Name, id) + ".", one: dropCredential(id)}
		if k.Hardware() {
			return []Edit{remove}
		}
		replace := Edit{Text: "credentials.synced = key", Said: "Give people hardware keys in place of the passkeys that can be copied.",
			one: func(a *rules.Account) {
				a.Credentials = slices.DeleteFunc(a.Credentials, func(k rules.Credential) bool { return !k.Hardware() })
				newKey(a)
			}}
		return []Edit{replace, remove}
	}
	return nil
}
