package sample

import (
	"fmt"
	"strings"

	"holdfast/domain/authority"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/person"
	"holdfast/edge/web/page"
)

func basis() answer.Basis {
	return answer.Basis{AsOf: Now(), PolicyRev: strings.Repeat("7f3a9c21d4e8b605", 4), FactsRev: 418_214}
}

func aal(n int, phr bool) exposure.Required { return exposure.Required{AAL: n, Phr: phr} }

func worth(n int, phr bool, contest string) answer.Worth {
	return answer.Worth{AAL: n, Phr: phr, Contest: contest}
}

func segments() []answer.Histogram {
	return []answer.Histogram{
		{Segment: "privileged", Required: aal(3, true), Accounts: 9, AAL: [4]int64{0, 1, 2, 6}, Phr: 7},
		{Segment: "workforce", Required: aal(2, true), Accounts: 1184, AAL: [4]int64{212, 61, 874, 37}, Phr: 640},
		{Segment: "contractors-and-agency-nurses-of-the-summer", Required: aal(2, false), Accounts: 38, AAL: [4]int64{0, 31, 7, 0}, Phr: 7},
		{Segment: "", Required: aal(0, false), Accounts: 3, AAL: [4]int64{3, 0, 0, 0}},
	}
}

func cells() (out []answer.Cell) {
	falls := map[string][]int64{
		"privileged": {1, 0, 0, 0, 2, 1, 0, 0},
		"workforce":  {141, 212, 212, 318, 61, 9, 1184, 0},
		"contractors-and-agency-nurses-of-the-summer": {31, 31, 0, 38, 4, 38, 38, 0},
		"": {0, 0, 3, 0, 0, 0, 3, 0},
	}
	for _, h := range segments() {
		for i, p := range exposure.Profiles() {
			out = append(out, answer.Cell{Segment: h.Segment, Profile: string(p), Falls: falls[h.Segment][i], Of: h.Accounts})
		}
	}
	return out
}

func fallen() []answer.Blast {
	thing := func(id, label string, c exposure.Class) answer.Thing {
		return answer.Thing{ID: id, Label: label, Class: c, Status: exposure.Declared}
	}
	return []answer.Blast{
		{Node: thing("corrupt:per2", "Grace Hopper acts dishonestly", exposure.Person), Accounts: 1222, Privileged: 0, OneMore: 9, Segments: []answer.Count{{Name: "workforce", Count: 1184}, {Name: "contractors-and-agency-nurses-of-the-summer", Count: 38}}},
		{Node: thing("power:sur_mail", "the administrators of kelp.example’s mail", exposure.Person), Accounts: 47, Privileged: 1, OneMore: 1140, Segments: []answer.Count{{Name: "workforce", Count: 9}, {Name: "contractors-and-agency-nurses-of-the-summer", Count: 38}}},
		{Node: thing("power:sur_database", "the administrators of the database", ""), Through: 1234},
		{Node: thing("deceive:recovery:service-desk", "the service desk believes a caller", exposure.Deceive), Accounts: 212, Segments: []answer.Count{{Name: "workforce", Count: 212}}},
	}
}

func overview() answer.Overview {
	return answer.Overview{Basis: basis(), Accounts: 1234, Sentence: "915 of 1,234 accounts are worth what the policy asks. 243 can be taken over with one thing alone. The fact to learn first: how the Google accounts of people are signed in to and recovered (318 accounts).",
		Segments: segments(), Matrix: cells(), Top: fallen(), Singles: 243,
		Learn:    []answer.Count{{Name: "how the Google accounts of people are signed in to and recovered", Count: 318}, {Name: "who can reset the accounts of the directory", Count: 212}, {Name: "how the telephone numbers of people can be moved", Count: 61}},
		Verdicts: []answer.Count{{Name: "FAIL", Count: 246}, {Name: "FAIL-UNKNOWN", Count: 61}, {Name: "NIST-ONLY", Count: 12}, {Name: "PASS", Count: 915}}}
}

// tenPeople is the first day: an administrator and nine invited people.
func tenPeople() answer.Overview {
	o := answer.Overview{Basis: basis(), Accounts: 10, Sentence: "9 of 10 accounts are worth what the policy asks. The fact to learn first: how the mailboxes of kelp.example are signed in to and recovered (9 accounts).",
		Segments: []answer.Histogram{{Segment: "everybody", Required: aal(2, true), Accounts: 10, AAL: [4]int64{0, 1, 9, 0}, Phr: 9}},
		Top:      []answer.Blast{{Node: answer.Thing{ID: "corrupt:per1", Label: "Ada Lovelace acts dishonestly", Class: exposure.Person}, Accounts: 9, Segments: []answer.Count{{Name: "everybody", Count: 9}}}},
		Learn:    []answer.Count{{Name: "how the mailboxes of kelp.example are signed in to and recovered", Count: 9}},
		Verdicts: []answer.Count{{Name: "FAIL-UNKNOWN", Count: 1}, {Name: "PASS", Count: 9}}}
	for i, p := range exposure.Profiles() {
		o.Matrix = append(o.Matrix, answer.Cell{Segment: "everybody", Profile: string(p), Falls: []int64{0, 0, 0, 0, 0, 1, 9, 0}[i], Of: 10})
	}
	return o
}

// node is one of a picture.
func node(id, label string, c exposure.Class, s exposure.Status, depth int, weak bool) answer.PictureNode {
	return answer.PictureNode{Thing: answer.Thing{ID: id, Label: label, Class: c, Status: s}, Atom: c != "", Depth: depth, Weakest: weak}
}

func step(id, to, label string, s exposure.Status, weak bool, says []string, from ...string) answer.PictureEdge {
	return answer.PictureEdge{ID: id, To: to, From: from, K: len(from), Label: label, Rule: "sample", Status: s, Weakest: weak, Says: says}
}

// picture is the first of the worked examples: the service desk resets the
// primary account, at which a passkey is synced.
func picture() answer.Picture {
	obs, dec, ass := exposure.Observed, exposure.Declared, exposure.Assumed
	return answer.Picture{Basis: basis(), Goal: "session:per1", Weakest: []string{"check", "reset", "into", "restore", "use"}, Held: []string{"deceive:desk"},
		Nodes: []answer.PictureNode{
			node("session:per1", "Signed in as Ada Lovelace", "", "", 0, true),
			node("passkey:cred1", "Ada’s phone", exposure.Have, obs, 1, false),
			node("unlock:cred1", "what unlocks Ada’s phone", exposure.Know, ass, 1, false),
			node("key:cred2", "Ada’s security key", exposure.HaveHW, obs, 1, false),
			node("unlock:cred2", "the PIN of Ada’s security key", exposure.Know, obs, 1, false),
			node("restored:cred1", "a copy of “My phone” on another device", "", "", 1, true),
			node("bind:per1", "a new passkey for Ada Lovelace", "", "", 1, false),
			node("sync:sur1", "signed in at the sync account of Ada", "", "", 2, true),
			node("act:per2", "Grace Hopper uses her power for somebody else", "", "", 2, false),
			node("know:sur1", "the password of the sync account", exposure.Know, dec, 3, false),
			node("have:sur1", "a code from a device that is trusted there", exposure.Have, dec, 3, false),
			node("power:sur2", "the account in the directory is reset", "", "", 3, true),
			node("corrupt:per2", "Grace Hopper acts dishonestly", exposure.Person, obs, 3, false),
			node("session:per2", "Signed in as Grace Hopper", "", "", 3, false),
			node("check:desk", "the desk’s check of who calls is passed", "", "", 4, true),
			node("corrupt:desk", "somebody at the service desk acts dishonestly", exposure.Person, dec, 4, false),
			node("unknown:google", "the Google account of Grace Hopper", exposure.Unknown, ass, 4, false),
			node("key:cred9", "Grace’s security key", exposure.HaveHW, obs, 4, false),
			node("unlock:cred9", "the PIN of Grace’s security key", exposure.Know, obs, 4, false),
			node("deceive:desk", "the service desk believes a caller", exposure.Deceive, dec, 5, true),
		},
		Edges: []answer.PictureEdge{
			step("use1", "session:per1", "signs in with “My phone”", obs, false, nil, "passkey:cred1", "unlock:cred1"),
			step("use2", "session:per1", "signs in with the security key", obs, false, []string{"resists phishing"}, "key:cred2", "unlock:cred2"),
			step("use", "session:per1", "uses the restored copy", obs, true, nil, "restored:cred1"),
			step("restore", "restored:cred1", "restores the passkey on a new device", dec, true, []string{"the provider tells the old devices"}, "sync:sur1"),
			step("signin", "sync:sur1", "signs in at the provider", dec, false, []string{"can be relayed"}, "know:sur1", "have:sur1"),
			step("into", "sync:sur1", "signs in there with the new password: it is the primary account", dec, true, nil, "power:sur2"),
			step("reset", "power:sur2", "the desk sets a new password", dec, true, []string{"one person at the desk does it alone", "Ada is told by mail"}, "check:desk"),
			step("inside", "power:sur2", "does it for somebody else", dec, false, nil, "corrupt:desk"),
			step("check", "check:desk", "caller’s number and three questions", dec, true, []string{"nothing is looked at", "an answer can be known"}, "deceive:desk"),
			step("bind", "session:per1", "enrols a passkey by the link and signs in", obs, false, []string{"the link is worth 24 hours"}, "bind:per1"),
			step("operator", "bind:per1", "removes the passkeys and makes an invitation", obs, false, []string{"a record in the log", "Ada is told by mail"}, "act:per2"),
			step("corrupt", "act:per2", "decides to", obs, false, nil, "corrupt:per2"),
			step("hijack", "act:per2", "is signed in as an operator", obs, false, nil, "session:per2"),
			step("use9", "session:per2", "signs in with the security key", obs, false, nil, "key:cred9", "unlock:cred9"),
			step("google", "session:per2", "restores a passkey of Grace’s", ass, false, []string{"nobody has said how that account is recovered"}, "unknown:google"),
		}}
}

func ways() []answer.Way {
	p := picture()
	thing := func(id string) answer.Thing {
		for _, n := range p.Nodes {
			if n.ID == id {
				return n.Thing
			}
		}
		return answer.Thing{ID: id, Label: id}
	}
	way := func(level int, phr bool, contest, status, says string, atoms ...string) answer.Way {
		w := answer.Way{Atoms: atoms, Level: level, Phr: phr, Contest: contest, Status: status, Sentence: says}
		for _, a := range atoms {
			w.Things = append(w.Things, thing(a))
		}
		return w
	}
	weakest := way(0, false, "C1", "declared", "Ada Lovelace can be taken over by one phone call (AAL0): the service desk believes a caller.", "deceive:desk")
	for _, id := range p.Weakest {
		for _, e := range p.Edges {
			if e.ID == id {
				weakest.Steps = append(weakest.Steps, answer.Step{Edge: e.ID, Label: e.Label})
			}
		}
	}
	unknown := way(0, false, "C0", "assumed", "It may be less: nobody has said how the Google accounts of people are signed in to and recovered.", "unknown:google")
	unknown.Unknown = []string{"unknown:google"}
	house := way(3, true, "C1", "declared", "Somebody at the service desk and Grace Hopper act dishonestly together.", "corrupt:desk", "corrupt:per2")
	house.House = []string{"dual_control: 3"}
	return []answer.Way{weakest, unknown,
		way(1, true, "C1", "observed", "Grace Hopper acts dishonestly: that is enough.", "corrupt:per2"),
		way(2, false, "C1", "declared", "Whoever has the password of the sync account and a code of a trusted device.", "know:sur1", "have:sur1"),
		way(2, true, "C0", "observed", "Ada signs in with her phone; so does whoever has it and what unlocks it.", "passkey:cred1", "unlock:cred1"), house}
}

func fixes() []answer.Fix {
	return []answer.Fix{
		{Change: "policy.recovery.desk.steps += proof(ial2)", Said: "Let the service desk look at a person and a document, by video, before it resets anything.", Lifted: 212, Lockout: 3, Verdict: exposure.Pass},
		{Change: "surroundings.sync_account.primary = false; policy.segments.workforce.sync = managed", Said: "Sync passkeys at an account that is not the primary one, and only at managed providers.", Lifted: 198, Verdict: exposure.Fail},
	}
}

func findingsOfAda() []answer.Finding {
	b := basis()
	base := answer.Finding{Account: "per1", Segment: "workforce", Required: aal(2, true), Effective: worth(0, false, "C1"), AsOf: b.AsOf, PolicyRev: b.PolicyRev, FactsRev: b.FactsRev}
	below, phr, one := base, base, base
	below.ID, below.Rule, below.Severity, below.Fixes, below.Weakest = "F-7c1e", answer.BelowRequired, "critical", fixes(), ways()[:1]
	below.Sentence = "Ada Lovelace can be taken over by one phone call (AAL0), and AAL2 is asked for."
	below.NIST = []answer.NISTCheck{{Ref: "63B-4 4.2.1", Result: "fail"}, {Ref: "63B-4 4.2.2.2", Result: "fail"}, {Ref: "63B-4 B.2", Result: "fail"}, {Ref: "63B-4 4.6", Result: "pass"}}
	phr.ID, phr.Rule, phr.Severity, phr.Sentence = "F-09d2", answer.PhrMissing, "high", "Ada Lovelace’s account can be phished: the sync account’s password and code can be relayed."
	phr.NIST = []answer.NISTCheck{{Ref: "63B-4 B.2", Result: "fail"}}
	one.ID, one.Rule, one.Severity, one.Sentence, one.Fixes = "F-41aa", answer.UnknownFact, "medium", "What the account is worth depends on how the Google accounts of people are recovered, which nobody has said.", fixes()[:1]
	return []answer.Finding{below, phr, one}
}

func ada1() answer.Subject {
	return answer.Subject{Account: "per1", Name: "Ada Lovelace", Segment: "workforce", Required: aal(2, true)}
}

func whoCan() answer.WhoCan {
	w := ways()
	return answer.WhoCan{Basis: basis(), Subject: ada1(), Sentence: "FAIL: " + w[0].Sentence, Effective: worth(0, false, "C1"), Best: worth(0, false, "C1"),
		Verdict: exposure.Fail, Ways: w, SinglePoints: []answer.Thing{w[0].Things[0], w[2].Things[0]}, Availability: 2,
		House: []string{"dual_control: 3"}, Unknown: []string{"how the Google accounts of people are signed in to and recovered"},
		RootPowers: []answer.RootPower{
			{Thing: answer.Thing{ID: "power:sur_database", Label: "the administrators of the database: they make any session"}, Weakest: []string{"deceive:sur_database"}, Sentence: "It can be had by one phone call (AAL0): somebody talks the administrators of the database into it. That is less than the AAL2 asked for here."},
			{Thing: answer.Thing{ID: "root:host", Label: "whoever is root on the host", Class: exposure.Person, Status: exposure.Declared}, Level: 1, Phr: true, Weakest: []string{"root:host"}, Sentence: "Whoever holds the host acts dishonestly: that is enough to have it (AAL1). That is less than the AAL2 asked for here."},
		},
		Changes:  []answer.Change{{At: Now().Add(130 * day), Worth: worth(1, false, "C1"), Verdict: exposure.Fail, Because: "rises to AAL1 at the end of 31 Mar 2027, when desk-by-telephone retires"}},
		Findings: findingsOfAda()}
}

func holds() answer.WhoCan {
	w := ways()
	key := answer.Way{Atoms: []string{"key:cred2", "unlock:cred2"}, Level: 3, Phr: true, Contest: "C0", Status: "observed", Sentence: "Ada signs in with her security key; so does whoever has it and its PIN.",
		Things: []answer.Thing{{ID: "key:cred2", Label: "Ada’s security key", Class: exposure.HaveHW}, {ID: "unlock:cred2", Label: "the PIN of Ada’s security key", Class: exposure.Know}}}
	return answer.WhoCan{Basis: basis(), Subject: answer.Subject{Account: "per1", Name: "Ada Lovelace", Segment: "privileged", Required: aal(3, true), Privileged: true},
		Sentence: "PASS: Every way to Ada Lovelace's account takes at least AAL3 and resists phishing, and AAL3 is asked for.", Effective: worth(3, true, "C1"), Best: worth(3, true, "C1"),
		Verdict: exposure.Pass, NIST: true, Ways: []answer.Way{key, w[5]}, Availability: 1, House: []string{"dual_control: 3"}}
}

func listed() []answer.Row {
	return []answer.Row{
		{Subject: ada1(), Effective: worth(0, false, "C1"), Verdict: exposure.Fail, Weakest: "One phone call to the service desk.", Singles: 2, Available: 2, Profiles: []string{"help-desk-caller", "single-operator", "phisher"}},
		{Subject: answer.Subject{Account: "per3", Name: "Katherine Coleman Goble Johnson-Vaughan", Segment: "privileged", Required: aal(3, true), Privileged: true}, Effective: worth(2, true, "C3"), Verdict: exposure.NISTOnly, Weakest: "Passing as her before a camera.", Available: 1},
		{Subject: answer.Subject{Account: "per4", Name: "Mallory", Segment: "", Required: aal(0, false)}, Effective: worth(0, false, "C0"), Verdict: exposure.FailUnknown, Weakest: "Nobody has said how the Google accounts of people are recovered.", Available: 1, Profiles: []string{"sync-thief"}},
		{Subject: answer.Subject{Account: "per2", Name: "Grace Hopper", Segment: "workforce", Required: aal(2, true)}, Effective: worth(2, true, "C1"), Verdict: exposure.Pass, Weakest: "Her security key and its PIN.", Available: 3},
	}
}

// sound is the picture of an account that is worth what is asked.
func sound() answer.Picture {
	obs, dec := exposure.Observed, exposure.Declared
	return answer.Picture{Basis: basis(), Goal: "session:per1", Weakest: []string{"use2"}, Held: []string{"key:cred2", "unlock:cred2"},
		Nodes: []answer.PictureNode{
			node("session:per1", "Signed in as Ada Lovelace", "", "", 0, true),
			node("key:cred2", "Ada’s security key", exposure.HaveHW, obs, 1, true),
			node("unlock:cred2", "the PIN of Ada’s security key", exposure.Know, obs, 1, true),
			node("bind:per1", "a new passkey for Ada Lovelace", "", "", 1, false),
			node("pool:2-of-officers", "two dishonest people of the recovery officers", exposure.Person, dec, 2, false),
		},
		Edges: []answer.PictureEdge{
			step("use2", "session:per1", "signs in with the security key", obs, true, []string{"resists phishing"}, "key:cred2", "unlock:cred2"),
			step("bind", "session:per1", "signs in with the new passkey", obs, false, nil, "bind:per1"),
			step("onsite", "bind:per1", "recovery on site, by two", dec, false, []string{"two people agree", "rests on the house rule dual_control: 3"}, "pool:2-of-officers"),
		}}
}

// big is a picture with more nodes than are drawn.
func big() answer.Picture {
	p := picture()
	for i := range 24 {
		op := fmt.Sprintf("per%d", 100+i)
		p.Nodes = append(p.Nodes, node("act:"+op, fmt.Sprintf("Operator %d uses their power", i+1), "", "", 2, false),
			node("corrupt:"+op, fmt.Sprintf("Operator %d acts dishonestly", i+1), exposure.Person, exposure.Observed, 3, false),
			node("key:"+op, fmt.Sprintf("Operator %d’s key", i+1), exposure.HaveHW, exposure.Observed, 3, false))
		p.Edges = append(p.Edges, step("op"+op, "bind:per1", "removes the passkeys and makes an invitation", exposure.Observed, false, nil, "act:"+op),
			step("corrupt"+op, "act:"+op, "decides to", exposure.Observed, false, nil, "corrupt:"+op),
			step("hijack"+op, "act:"+op, "is robbed of the key", exposure.Observed, false, nil, "key:"+op))
	}
	return p
}

func left() []answer.Left {
	return []answer.Left{
		{Subject: answer.Subject{Account: "per5", Name: "Charles Babbage", Segment: "contractors", Required: aal(2, false)}, Since: ago(18 * day), Derives: true,
			Places:  []answer.Thing{{ID: "passkey:cred7", Label: "his phone"}, {ID: "passkey:cred8", Label: "his laptop"}, {ID: "sync:sur9", Label: "his own cloud account"}},
			Dormant: []answer.Thing{{ID: "bind:per5", Label: "an invitation that is open"}}, Sentence: "Left 18 days ago and can still be signed in by 3 things. Closing the cloud account takes nothing off the phone and the laptop."},
		{Subject: answer.Subject{Account: "per6", Name: "Mary Somerville", Segment: "workforce", Required: aal(2, true)}, Since: ago(40 * day), Sentence: "Left 40 days ago; nothing of hers opens anything."},
	}
}

// exposed are the pages about who can reconstitute what.
func exposed(f page.Frame) []Story {
	story := func(slug, title string, p page.Page) Story { return Story{"Exposure", "exposure-" + slug, title, p} }
	auditor := f
	auditor.Person, auditor.Scopes = "Otto Ebb", append(authority.OfRole(person.Auditor).Strings(), string(authority.ExposureRead))
	export := page.ExportOf(nil)
	option := func(value, label string) page.Option { return page.Option{Value: value, Label: label} }
	segs := []page.Option{{Label: "Any segment", Chosen: true}, option("privileged", "privileged"), option("workforce", "workforce")}
	loading := answer.Overview{}
	loading.Basis, loading.Loading, loading.Sentence = basis(), true, "The accounts are being read: 820 of 1,234 so far."
	choices := []page.WhatIfChoice{
		{Name: "lost", Label: "Somebody has obtained", Help: "It is lost, stolen, or known to others.", Options: []page.Option{{Label: "nothing", Chosen: true}, option("key:cred2", "Ada’s security key"), option("know:sur1", "the password of the sync account")}},
		{Name: "given", Label: "This has happened", Help: "Taken for granted, whatever it takes.", Options: []page.Option{{Label: "nothing", Chosen: true}, option("act:per2", "Grace Hopper uses her power for somebody else")}},
		{Name: "remove", Label: "Without this step", Help: "Retired, or forbidden by the policy.", Options: []page.Option{{Label: "nothing", Chosen: true}, option("check", "caller’s number and three questions")}},
	}
	account := page.ExposedAccount{Frame: f, Answer: whoCan(), Drawn: picture(), Choices: choices, Whose: page.Link{Text: "Ada Lovelace", URL: page.PersonPath("per1")}}
	asked := account
	asked.WhatIf = &answer.WhatIf{Basis: basis(), Changed: []string{"remove check"}, Before: whoCan(), After: func() answer.WhoCan {
		w := whoCan()
		w.Effective, w.Ways, w.Verdict = worth(1, false, "C1"), w.Ways[1:], exposure.FailUnknown
		return w
	}(), Sentence: "Without “caller’s number and three questions” Ada Lovelace’s account is worth AAL1 in place of AAL0, and rests on an unknown."}
	wrong := account
	wrong.Asked = "There is no step of that name in the picture of this account. Choose one from the list."
	good := page.ExposedAccount{Frame: auditor, Answer: holds(), Drawn: sound(), Whose: account.Whose}
	nobody := page.ExposedAccount{Frame: f, Answer: answer.WhoCan{Basis: basis(), Subject: ada1(), Sentence: "PASS: Nobody can be signed in as Ada Lovelace: there is no way in.", Verdict: exposure.Pass, NIST: true, Effective: worth(3, true, "C0"), Best: worth(3, true, "C0")}, Whose: account.Whose}
	many := account
	many.Drawn, many.Answer.Truncated, many.Choices = big(), true, nil
	line := &page.ExposureLine{Sentence: whoCan().Sentence, Verdict: exposure.Fail, URL: page.ExposedAccountPath("per1")}
	blast := fallen()[0]
	blast.Basis, blast.Sentence, blast.Weighted = basis(), "If Grace Hopper acts dishonestly, 1,222 of 1,234 accounts fall.", 61_200
	blast.Powers = []answer.Thing{{ID: "act:per2", Label: "Grace Hopper’s power to make invitations"}}
	for i := range 14 {
		blast.Powers = append(blast.Powers, answer.Thing{ID: fmt.Sprintf("inbox:per%d", i), Label: fmt.Sprintf("reading the mail of person %d", i)})
	}
	var finds []page.ExposureFinding
	for _, x := range findingsOfAda() {
		finds = append(finds, page.ExposureFinding{Finding: x, Name: "Ada Lovelace"})
	}
	filters := page.Exposed{Frame: f, Rows: listed(), Segments: segs, Belows: []page.Option{{Label: "Anything", Chosen: true}, option("1", "below AAL1"), option("2", "below AAL2"), option("3", "below AAL3")},
		Profiles: []page.Option{{Label: "Anybody", Chosen: true}, option("phisher", "Phisher")}, Verdicts: []page.Option{{Label: "Any verdict", Chosen: true}, option("FAIL", "falls short")},
		Total: 1234, Next: "?after=per4", Export: export}
	none := filters
	none.Rows, none.Total, none.Next, none.Export, none.Filter = nil, 0, "", page.Export{}, page.ExposedFilter{Segment: "privileged", Profile: "phisher"}
	reading := none
	reading.Filter, reading.Reading = page.ExposedFilter{}, true
	severities := []page.Option{{Label: "Any", Chosen: true}, option("critical", "critical"), option("high", "high")}
	ruleNames := []page.Option{{Label: "Anything", Chosen: true}, option(answer.BelowRequired, page.RuleWords(answer.BelowRequired))}
	return []Story{
		story("overview", "Exposure of the organisation", &page.Exposure{Frame: f, Answer: overview(), Export: export}),
		story("ten", "Exposure, the first day", &page.Exposure{Frame: f, Answer: tenPeople(), Export: export}),
		story("loading", "Exposure, being read", &page.Exposure{Frame: f, Answer: loading, Read: 820, Of: 1234}),
		story("empty", "Exposure, nobody yet", &page.Exposure{Frame: f}),
		story("account", "Who can get at an account", &account),
		story("account-whatif", "Who can get at an account, a change", &asked),
		story("account-wrong", "Who can get at an account, a change that is none", &wrong),
		story("account-many", "Who can get at an account, more than is drawn", &many),
		story("account-good", "Who can get at an account, as an auditor sees it", &good),
		story("account-none", "Who can get at an account, no way in", &nobody),
		story("person", "A person, with who can get at their account", &page.Person{Frame: f, Who: rows()[0], Kind: "employee", Created: ago(500 * day), Passkeys: passkeys(), Exposure: line}),
		story("credential", "A passkey, with who can get at it", &page.Credential{Frame: f, Row: inventory()[1], Heading: "It is proven that this key cannot leave its device", Facts: facts(), Verdict: "verified", Exposure: line}),
		story("accounts", "Accounts by what they are worth", &filters),
		story("accounts-none", "Accounts, none matches", &none),
		story("accounts-reading", "Accounts, being read", &reading),
		story("blast", "What falls with something", &page.ExposureBlast{Frame: f, Answer: blast, Asked: blast.Node.ID, Basis: basis(), Next: "?node=corrupt%3Aper2&after=per9",
			Accounts: []page.Link{{Text: "Ada Lovelace", URL: page.ExposedAccountPath("per1")}, {Text: "Katherine Coleman Goble Johnson-Vaughan", URL: page.ExposedAccountPath("per3")}, {Text: "Mallory", URL: page.ExposedAccountPath("per4")}}}),
		story("blast-none", "What falls with something, not found", &page.ExposureBlast{Frame: f, Asked: "corrupt:per_nobody", Unknown: true, Why: "There is nothing called corrupt:per_nobody.", Suggest: fallen(), Basis: basis()}),
		story("findings", "Findings about accounts", &page.ExposureFindings{Frame: f, Rows: finds, Severities: severities, RuleNames: ruleNames, Segments: segs, Export: export}),
		story("findings-none", "Findings about accounts, none", &page.ExposureFindings{Frame: auditor, Severities: severities, RuleNames: ruleNames, Segments: segs}),
		story("residual", "Residual access", &page.ExposureResidual{Frame: f, Rows: left(), Basis: basis(), Export: export}),
		story("residual-none", "Residual access, none", &page.ExposureResidual{Frame: f, Reading: true}),
	}
}
