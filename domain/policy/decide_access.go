package policy

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// access applies every rule of conditional access that matches. A rule that
// denies and cannot be evaluated counts as matched: the defender's worst case.
func (g *deciding) access() {
	for _, a := range g.r.access {
		if len(a.Apps) > 0 && !slices.Contains(a.Apps, g.in.App.ID) {
			continue
		}
		if ok, err := a.when.Eval(g.in); err == nil && !ok {
			continue
		}
		g.spoke(a.rule)
		if a.Then.Deny {
			g.deny(a.rule, cmp.Or(a.Then.Reason, "access_denied"), denial(a))
		}
		g.d.EndAll = g.d.EndAll || a.Then.RevokeSessions
		g.d.Emit = append(g.d.Emit, a.emit...)
		if a.Then.Require != nil {
			g.require(a.Then.Require, a.rule)
		}
	}
	for _, s := range g.seg.stepUp {
		if g.asked(s.For) {
			g.spoke(s.rule)
			g.require(&Requirement{ACR: s.ACR, MaxAge: s.MaxAge}, s.rule)
			if s.SecondPerson && len(g.in.Ctx.Approvers) == 0 {
				g.need(Missing{What: "approvers", Want: "1", Rule: s.rule, Text: "A second person has to approve this."})
			}
		}
	}
}

func denial(a *accessRule) string {
	if a.Then.Reason != "" {
		return "The policy does not allow this now (" + strings.ReplaceAll(a.Then.Reason, "-", " ") + "). Ask your administrator if you need it."
	}
	return "The policy does not allow this now. Ask your administrator if you need it."
}

// asked: "app.ehr.controlled_order" is the operation controlled_order of ehr,
// "app.ehr" is all of it.
func (g *deciding) asked(what string) bool {
	rest, ok := strings.CutPrefix(what, "app.")
	if !ok || g.in.App.ID == "" {
		return false
	}
	rest, ok = strings.CutPrefix(rest, g.in.App.ID)
	if !ok {
		return false
	}
	return rest == "" || rest[0] == '.' && slices.Contains(g.in.App.Operations, rest[1:])
}

// requirements is what the segment asks of every sign-in.
func (g *deciding) requirements() {
	if g.in.Cred.Kind == "" && g.in.Auth.AAL == 0 {
		return // nobody has signed in yet, and nothing is held against it
	}
	if g.d.Outcome == Deny {
		return
	}
	g.level(int64(g.seg.Required.AAL), g.seg.rule)
	if g.seg.Required.Phr && !g.phr {
		g.need(Missing{What: "phr", Want: "phr", Rule: g.seg.rule, Text: "A sign-in that cannot be phished is needed: use a passkey."})
	}
}

// proofLife is how old a proof may be that was made for the operation at hand.
const proofLife = time.Minute

// reauthLife is how old a full proof may be where a rule asks for one.
const reauthLife = 5 * time.Minute

func (g *deciding) require(r *Requirement, rule string) {
	if r.AAL > 0 {
		g.level(int64(r.AAL), rule)
	}
	if r.Phr && !g.phr {
		g.need(Missing{What: "phr", Want: "phr", Rule: rule, Text: "A sign-in that cannot be phished is needed: use a passkey."})
	}
	if r.ACR != "" && !reaches(g.acr, g.aal, r.ACR) {
		g.need(Missing{What: "acr", Want: string(r.ACR), Have: string(g.acr), Rule: rule, Text: acrText(r.ACR)})
	}
	if r.Reauth != "" {
		g.age(reauthLife, rule)
	}
	if r.MaxAge != nil {
		most := max(r.MaxAge.D(), proofLife)
		g.age(most, rule)
		if g.d.Session.MaxAge == 0 || most < g.d.Session.MaxAge {
			g.d.Session.MaxAge = most
		}
	}
	g.device(r, rule)
	if len(r.Network) > 0 && !slices.Contains(r.Network, g.in.Net.Zone) {
		g.need(Missing{What: "network", Want: strings.Join(r.Network, " or "), Have: g.in.Net.Zone, Rule: rule,
			Text: "This is open only from some of the organisation's networks: " + strings.Join(r.Network, ", ") + "."})
	}
}

func (g *deciding) level(want int64, rule string) {
	if g.aal < want {
		g.need(Missing{What: "aal", Want: strconv.FormatInt(want, 10), Have: strconv.FormatInt(g.aal, 10), Rule: rule, Text: levelText(want)})
	}
}

// age asks for a recent proof. A credential in hand is the proof.
func (g *deciding) age(most time.Duration, rule string) {
	if g.in.Auth.AAL > 0 && time.Duration(g.in.Auth.AgeS)*time.Second > most {
		g.need(Missing{What: "reauth", Want: most.String(), Have: strconv.FormatInt(g.in.Auth.AgeS, 10) + "s", Rule: rule,
			Text: "Confirm that it is you: the last time was too long ago for this."})
	}
}

func (g *deciding) device(r *Requirement, rule string) {
	dev := &g.in.Device
	switch {
	case r.Device == "managed" && !dev.Managed:
		g.need(Missing{What: "device", Want: "managed", Rule: rule, Text: "This needs a device that the organisation manages."})
	case r.Device == "compliant" && !(dev.Managed && dev.Compliant):
		g.need(Missing{What: "device", Want: "compliant", Rule: rule, Text: "This needs a device that the organisation manages and that is in good order."})
	case r.PostureAge != nil && (!dev.Managed || time.Duration(dev.PostureAgeS)*time.Second > r.PostureAge.D()):
		g.need(Missing{What: "device", Want: "posture not older than " + r.PostureAge.String(), Rule: rule,
			Text: "Your device has not reported its state lately. Let it check in, and try again."})
	}
}

// reaches says whether what there is, acr at level aal, is as good as want.
func reaches(acr ACR, aal int64, want ACR) bool {
	switch want {
	case "phrh":
		return acr == "phrh"
	case "phr":
		return acr == "phrh" || acr == "phr"
	case "aal3":
		return aal >= 3
	case "aal2":
		return aal >= 2
	case "aal1":
		return aal >= 1
	}
	return false
}

func acrText(want ACR) string {
	switch want {
	case "phrh":
		return "This needs a passkey whose hardware is proven: a security key that the organisation accepts for it."
	case "phr":
		return "A sign-in that cannot be phished is needed: use a passkey."
	}
	return "A stronger sign-in is needed: " + string(want) + "."
}

func levelText(want int64) string {
	if want >= 3 {
		return "This needs a sign-in at AAL3: a passkey that is proven to stay in its hardware, with PIN, fingerprint or face."
	}
	return "This needs a sign-in with a passkey that verifies you by PIN, fingerprint or face."
}
