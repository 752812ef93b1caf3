package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Reading is a policy as sentences, for people who decide about it and do not
// read YAML. It leaves nothing out that lets somebody in or keeps them out.
type Reading struct {
	Segments []Said   `json:"segments"`          // in the order in which they are tried
	Access   []string `json:"access,omitempty"`  // conditional access
	Changes  []string `json:"changes,omitempty"` // of the policy itself
}

// Said is one segment.
type Said struct {
	Name       string   `json:"name"`
	Privileged bool     `json:"privileged"`
	Who        string   `json:"who"`   // "People in the group ehr-admins."
	Lines      []string `json:"lines"` // what holds for them
}

const everybodyLeft = "Everybody who is left."

// Sentences says a document in sentences. The same document gives the same.
func Sentences(d *Document) Reading {
	out := Reading{Segments: []Said{}}
	for _, s := range d.Segments {
		out.Segments = append(out.Segments, Said{Name: s.Name, Privileged: s.Privileged(), Who: who(s.When), Lines: d.said(s)})
	}
	if len(out.Segments) == 1 && out.Segments[0].Who == everybodyLeft {
		out.Segments[0].Who = "Everybody."
	}
	for _, a := range d.Access {
		out.Access = append(out.Access, saidAccess(a))
	}
	out.Changes = d.saidChanges()
	return out
}

func (d *Document) said(s *Segment) []string {
	lines := []string{saidRequired(s.Required)}
	lines = append(lines, d.saidAllowed(s)...)
	lines = append(lines, d.saidSync(s), saidHolding(s.Authenticators), saidSession(s.Session))
	for _, u := range s.StepUp {
		lines = append(lines, saidStepUp(u))
	}
	lines = append(lines, d.saidRecovery(s)...)
	lines = append(lines, d.saidFallbacks(s)...)
	if s.Lifecycle != nil {
		lines = append(lines, saidLifecycle(*s.Lifecycle))
	}
	if len(s.Alarm) > 0 {
		lines = append(lines, "Each use is told to "+parties(s.Alarm)+".")
	}
	return slices.DeleteFunc(lines, func(l string) bool { return l == "" })
}

func saidRequired(r Required) string {
	how := ""
	if r.Phr {
		how = " with an authenticator that cannot be phished"
	}
	return fmt.Sprintf("They sign in at AAL%d%s.", r.AAL, how)
}

func (d *Document) saidAllowed(s *Segment) []string {
	if len(s.Allow) == 0 {
		return []string{"No authenticator is allowed: nobody of them can sign in."}
	}
	var lines []string
	for _, name := range s.Allow {
		if c, ok := d.Authenticators.Get(name); ok {
			lines = append(lines, "Allowed is "+d.saidClass(c)+".")
		}
	}
	return lines
}

// saidClass is "key-fips: a device-bound key with a verified attestation …".
func (d *Document) saidClass(c *Class) string {
	what := map[Distribution]string{"device_bound": "a key that cannot leave its device", "synced": "a synced passkey", "any": "any passkey"}[c.Distribution]
	parts := []string{what}
	if c.Attestation.Required {
		by := "its manufacturer"
		if len(c.Attestation.Trust) > 0 {
			by = list(c.Attestation.Trust, "or", saidTrust)
		}
		kind := "a verified attestation"
		if c.Attestation.Conveyance == "enterprise" {
			kind = "a verified attestation that names the device"
		}
		parts = append(parts, fmt.Sprintf("with %s by %s", kind, by))
		if c.Attestation.MaxMDSAge > 0 {
			parts = append(parts, fmt.Sprintf("where the metadata is at most %s overdue", span(c.Attestation.MaxMDSAge)))
		}
	}
	if m := c.MDS.MinCertification; m != "" {
		parts = append(parts, "certified "+string(m)+" or better")
	}
	if n := len(c.MDS.DenyStatus); n > 0 {
		parts = append(parts, "of no model with the status "+list(c.MDS.DenyStatus, "or", plain))
	}
	if n := len(d.AAGUIDsOf(c.AAGUIDs.Allow)); n > 0 {
		parts = append(parts, fmt.Sprintf("of %s", count(n, "listed model")))
	}
	if n := len(d.AAGUIDsOf(c.AAGUIDs.Deny)); n > 0 {
		parts = append(parts, fmt.Sprintf("but none of %s", count(n, "refused model")))
	}
	if len(c.Providers) > 0 {
		parts = append(parts, "kept by "+list(c.Providers, "or", plain))
	}
	if len(c.Transports) > 0 {
		parts = append(parts, "over "+list(c.Transports, "or", plain))
	}
	if c.EnrolFrom == "managed_device" {
		parts = append(parts, "made on a managed device")
	}
	if c.UserVerification == "required" {
		parts = append(parts, "with PIN or biometric")
	}
	return fmt.Sprintf("%s, which gives AAL%d: %s", c.Name, c.Level, strings.Join(parts, ", "))
}

func saidTrust(t Trust) string {
	if root, ok := t.Pinned(); ok {
		return "the pinned root " + root
	}
	return "the FIDO metadata"
}

func (d *Document) saidSync(s *Segment) string {
	if s.Sync == "forbid" {
		return "Synced passkeys are refused, and what nobody proves to stay on its device counts as synced."
	}
	var from []string
	for _, name := range s.Allow {
		c, ok := d.Authenticators.Get(name)
		switch {
		case !ok || c.Distribution == "device_bound":
		case len(c.Providers) == 0:
			return "Synced passkeys are accepted from any provider."
		default:
			from = append(from, c.Providers...)
		}
	}
	if len(from) == 0 {
		return "Synced passkeys are not refused, but no class that is allowed takes them."
	}
	slices.Sort(from)
	return "Synced passkeys are accepted from " + list(slices.Compact(from), "and", plain) + "."
}

func saidHolding(h Holding) string {
	if h.Min == 0 && h.Max == 0 && len(h.OneOf) == 0 {
		return ""
	}
	said := "Each has " + count(max(h.Min, 1), "authenticator") + " or more"
	if h.Max > 0 {
		said = fmt.Sprintf("Each has %d to %s", h.Min, count(h.Max, "authenticator"))
	}
	if h.Independent {
		said += ", which do not get lost together"
	}
	if len(h.OneOf) > 0 {
		said += ", one of them of " + list(h.OneOf, "or", plain)
	}
	if h.Stored != "" {
		said += ", stored: " + h.Stored
	}
	if h.Backup != "" {
		said += "; the plan where one is lost: " + h.Backup
	}
	if h.Grace > 0 {
		said += "; there are " + span(h.Grace) + " to get there"
	}
	return said + "."
}

func saidSession(s SessionRules) string {
	said := saidEnds("Sessions end after ", s.Overall, s.Inactivity)
	if said == "" {
		said = "Sessions end when the level of the sign-in says"
	}
	if t := s.SharedTerminal; t != nil {
		said += saidEnds("; on shared terminals after ", t.Overall, t.Inactivity)
	}
	switch s.Reauth {
	case "full":
		said += "; then the whole sign-in again"
	case "same-factor":
		said += "; then the same authenticator again"
	}
	if s.Bind != "" && s.Bind != "none" {
		said += "; they are bound to the device by " + strings.ReplaceAll(string(s.Bind), "-or-", " or ")
	}
	if s.Reason != "" {
		said += " (reason: " + s.Reason + ")"
	}
	return said + "."
}

func saidEnds(begin string, overall, silence Duration) string {
	switch {
	case overall > 0 && silence > 0:
		return begin + span(overall) + " or " + span(silence) + " of silence"
	case overall > 0:
		return begin + span(overall)
	case silence > 0:
		return begin + span(silence) + " of silence"
	}
	return ""
}

func saidStepUp(u *StepUp) string {
	said := fmt.Sprintf("For %s they prove %s", u.For, u.ACR)
	switch {
	case u.MaxAge == nil:
	case *u.MaxAge == 0:
		said += " for that very operation"
	default:
		said += ", at most " + span(*u.MaxAge) + " ago"
	}
	if u.SecondPerson {
		said += ", and a second person does too"
	}
	return said + "."
}

func (d *Document) saidRecovery(s *Segment) []string {
	if len(s.Recovery) == 0 {
		return []string{"Who has lost every authenticator has no way back but a new enrolment."}
	}
	var lines []string
	for _, name := range s.Recovery {
		if p, ok := d.Recovery.Get(name); ok {
			lines = append(lines, fmt.Sprintf("Who has lost every authenticator gets back to AAL%d by %s: %s.", p.Yields.AAL, name, saidSteps(p)))
		}
	}
	return lines
}

func saidSteps(p *Procedure) string {
	var parts []string
	for _, s := range p.Steps {
		switch {
		case s.Proof != nil:
			parts = append(parts, "proof of identity, "+string(s.Proof.Kind))
		case s.Approve != nil:
			parts = append(parts, fmt.Sprintf("approval by %d of %s", s.Approve.K, parties([]Party{s.Approve.From})))
		case s.Code != nil:
			kind := string(s.Code.Kind)
			if kind == "" {
				kind = "issued"
			}
			parts = append(parts, "a code that was "+kind)
		case s.Device != nil:
			parts = append(parts, "a device with a certificate of "+string(s.Device.Certificate))
		}
	}
	said := strings.Join(parts, ", then ")
	if p.Delay.Hold > 0 {
		said += ", after " + span(p.Delay.Hold)
	}
	return said
}

func (d *Document) saidFallbacks(s *Segment) []string {
	if len(s.Fallbacks) == 0 {
		return []string{"There is no fallback."}
	}
	var lines []string
	for _, name := range s.Fallbacks {
		f, ok := d.Fallbacks.Get(name)
		if !ok {
			continue
		}
		line := fmt.Sprintf("The fallback %s (%s) is open %s", name, f.Kind, condition(f.OnlyWhen))
		if !f.Retire.IsZero() {
			line += " until " + f.Retire.String()
		}
		if f.NoDowngrade {
			line += ", never to who holds something better"
		}
		lines = append(lines, line+saidEnds("; its sessions end after ", f.Session.Overall, f.Session.Inactivity)+".")
	}
	return lines
}

func saidLifecycle(l LifecycleRules) string {
	var parts []string
	if l.EndDate == "required" {
		parts = append(parts, "an end date is required")
	}
	if l.RevokeWithin > 0 {
		parts = append(parts, "all access ends within "+span(l.RevokeWithin)+" of it")
	}
	if l.ResidualCheck != "" {
		parts = append(parts, "what is left is looked for "+string(l.ResidualCheck))
	}
	if len(parts) == 0 {
		return ""
	}
	return capital(strings.Join(parts, ", ")) + "."
}

func saidAccess(a *AccessRule) string {
	to := "Access to everything"
	if len(a.Apps) > 0 {
		to = "Access to " + list(a.Apps, "and", plain)
	}
	var does []string
	if a.Then.Deny {
		why := ""
		if a.Then.Reason != "" {
			why = " (" + a.Then.Reason + ")"
		}
		does = append(does, "is refused"+why)
	}
	if r := a.Then.Require; r != nil {
		does = append(does, "needs "+saidRequirement(r))
	}
	if a.Then.RevokeSessions {
		does = append(does, "ends all sessions")
	}
	if len(a.Then.Emit) > 0 {
		does = append(does, "tells others "+list(a.Then.Emit, "and", plain))
	}
	return fmt.Sprintf("%s %s %s (rule %s).", to, joined(does, "and"), condition(a.When), a.Name)
}

func saidRequirement(r *Requirement) string {
	var needs []string
	add := func(is bool, format string, args ...any) {
		if is {
			needs = append(needs, fmt.Sprintf(format, args...))
		}
	}
	add(r.AAL > 0, "AAL%d", r.AAL)
	add(r.Phr, "an authenticator that cannot be phished")
	add(r.ACR != "", "%s", r.ACR)
	add(r.Reauth == "full", "the whole sign-in again")
	add(r.Reauth == "same-factor", "the same authenticator again")
	if r.MaxAge != nil {
		add(*r.MaxAge == 0, "a proof for that very request")
		add(*r.MaxAge > 0, "a proof at most %s old", span(*r.MaxAge))
	}
	add(r.Device == "managed", "a managed device")
	add(r.Device == "compliant", "a compliant device")
	if r.PostureAge != nil {
		add(true, "a posture at most %s old", span(*r.PostureAge))
	}
	add(len(r.Network) > 0, "the network %s", joined(r.Network, "or"))
	return joined(needs, "and")
}

func (d *Document) saidChanges() []string {
	set := func(s ApproverSet) string {
		return fmt.Sprintf("%d of %s", s.Approvers, list(s.From, "or", party))
	}
	m := d.Metadata
	plainSet := ApproverSet{m.ChangeControl.Approvers, m.ChangeControl.From}
	raise, lower := m.Raise, m.Lower
	if raise.Approvers == 0 {
		raise = plainSet
	}
	if lower.Approvers == 0 {
		lower = plainSet
	}
	lines := []string{"A change of this policy is approved by " + set(raise) + "; its author is none of them.",
		"A change that lowers what any segment proves is approved by " + set(lower) + "."}
	if m.Floor.AAL > 0 {
		how := ""
		if m.Floor.Phr {
			how = " and what cannot be phished"
		}
		lines = append(lines, fmt.Sprintf("Nothing falls below AAL%d%s.", m.Floor.AAL, how))
	}
	return lines
}

// The conditions that most segments have, each as words.
var (
	inGroup    = regexp.MustCompile(`^"([^"]+)" in user\.groups$`)
	notInGroup = regexp.MustCompile(`^!\("([^"]+)" in user\.groups\)$`)
	employed   = regexp.MustCompile(`^user\.employment == "([^"]+)"$`)
)

// who says whom a segment takes in, of those whom none before it took.
func who(e Expr) string {
	if strings.TrimSpace(string(e)) == "true" {
		return everybodyLeft
	}
	var parts []string
	for part := range strings.SplitSeq(string(e), "||") {
		part = strings.TrimSpace(part)
		switch {
		case inGroup.MatchString(part):
			parts = append(parts, "people in the group "+inGroup.FindStringSubmatch(part)[1])
		case part == "user.privileged":
			parts = append(parts, "those who may change things in Holdfast")
		case employed.MatchString(part):
			parts = append(parts, "people employed as "+employed.FindStringSubmatch(part)[1])
		default:
			return "People for whom this is true: " + strings.TrimSpace(string(e))
		}
	}
	return capital(joined(parts, "and")) + "."
}

// condition is when something holds. What no words are known for stands as it
// is: a wrong paraphrase would be worse.
func condition(e Expr) string {
	text := strings.TrimSpace(string(e))
	switch {
	case text == "true":
		return "always"
	case inGroup.MatchString(text):
		return "for people in the group " + inGroup.FindStringSubmatch(text)[1]
	case notInGroup.MatchString(text):
		return "for everybody but people in the group " + notInGroup.FindStringSubmatch(text)[1]
	}
	return "when " + text
}

func parties(ps []Party) string { return list(ps, "and", party) }

func party(p Party) string {
	if g, ok := p.Group(); ok {
		return "the group " + g
	}
	if r, ok := p.Role(); ok {
		return "the role " + r
	}
	return map[Party]string{"subject": "the person", "subject.manager": "the person's manager",
		"subject.manager_chain": "the person's managers", "subject.sponsor": "the person's sponsor"}[p]
}

// span is "8 hours"; 90s is "90 seconds".
func span(d Duration) string {
	t := d.D()
	for _, u := range []struct {
		name string
		unit time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if t != 0 && t%u.unit == 0 && (u.name != "day" || t >= 48*time.Hour) {
			return count(int(t/u.unit), u.name)
		}
	}
	return count(int(t/time.Second), "second")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func plain[T ~string](s T) string { return string(s) }

func list[T any](items []T, and string, say func(T) string) string {
	words := make([]string, len(items))
	for i, it := range items {
		words[i] = say(it)
	}
	return joined(words, and)
}

// joined is "a, b and c".
func joined(words []string, and string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + and + " " + words[last]
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
