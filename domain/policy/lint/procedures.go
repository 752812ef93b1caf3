package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/domain/policy"
	"holdfast/domain/policy/grade"
)

// grades is L-04: who gets through a procedure holds what it yields, so its
// cheapest way through must not be cheaper than that. With equivalence nist the
// check list of the standard is enough.
func (r *run) grades() {
	r.recoveries(func(path string, p *policy.Procedure) {
		r.worth(path+".yields.aal", "procedure "+p.Name, int64(p.Yields.AAL), "yields", grade.Mode(r.d, p), grade.Of(p, r.eq))
	})
	r.enrolments(func(path string, p *policy.Procedure) {
		r.worth(path+".yields.aal", "enrolment "+p.Name, int64(p.Yields.AAL), "yields", r.eq.Mode, grade.OfEnrolment(p, r.eq))
	})
	r.segments(func(path string, s *policy.Segment) {
		for i, name := range s.Recovery {
			p, ok := r.d.Recovery.Get(name)
			if !ok || int64(s.Required.AAL) <= int64(p.Yields.AAL) {
				continue // said of the procedure already
			}
			r.worth(fmt.Sprintf("%s.recovery[%d]", path, i), "procedure "+name+" of segment "+s.Name, int64(s.Required.AAL), "is for", r.d.EquivalenceFor(s), grade.At(p, r.eq, int64(s.Required.AAL)))
		}
	})
}

func (r *run) worth(path, what string, want int64, verb string, mode policy.EquivalenceMode, g grade.Grade) {
	if g.AAL >= want || mode == "nist" && g.NIST {
		return
	}
	nist := "NIST would not accept it either: "
	if g.NIST {
		nist = "NIST alone would accept it: "
	}
	house := ""
	if len(g.By) > 0 {
		house = " (house rules " + strings.Join(g.By, ", ") + ")"
	}
	r.fail(path, "add a step that does not fall with the others, or let it give less", "%s %s level %d and is worth %d%s: it takes only %s. %s%s",
		what, verb, want, g.AAL, house, g.Why, nist, g.Text)
}

// sharing is what one side uses: by kind and name, where, and through what.
type sharing map[string]use

type use struct{ path, through string }

func (s sharing) add(kind, name, path, through string) {
	if _, ok := s[kind+" "+name]; !ok {
		s[kind+" "+name] = use{path, through}
	}
}

// shared is L-05: the weakest user of a way back in sets what it costs to
// corrupt it.
func (r *run) shared() {
	privileged, others := sharing{}, sharing{}
	some := false
	r.segments(func(path string, s *policy.Segment) {
		side := others
		if s.Privileged() {
			side, some = privileged, true
		}
		for i, name := range s.Recovery {
			side.add("procedure", name, fmt.Sprintf("%s.recovery[%d]", path, i), "")
			if p, ok := r.d.Recovery.Get(name); ok {
				r.parts(side, "recovery."+name, p)
			}
		}
		for i, name := range s.Fallbacks {
			side.add("fallback", name, fmt.Sprintf("%s.fallbacks[%d]", path, i), "")
		}
		r.classes(path, s, func(at string, c *policy.Class) {
			for _, name := range c.Providers {
				side.add("provider", name, at, "class "+c.Name)
			}
		})
	})
	if !some {
		return
	}
	r.enrolments(func(path string, p *policy.Procedure) {
		if r.forPrivileged(p) {
			r.parts(privileged, path, p)
		} else {
			r.parts(others, path, p)
		}
	})
	r.common(privileged, others)
}

// forPrivileged: the document does not say for whom an enrolment is; it is for
// those who need what it yields.
func (r *run) forPrivileged(p *policy.Procedure) bool {
	return slices.ContainsFunc(r.d.Segments, func(s *policy.Segment) bool { return s.Privileged() && s.Required.AAL == p.Yields.AAL })
}

// parts are the pools that approve and the channels that codes go over.
func (r *run) parts(side sharing, path string, p *policy.Procedure) {
	for i, s := range p.Steps {
		switch {
		case s.Approve != nil && !strings.HasPrefix(string(s.Approve.From), "subject"):
			side.add("pool", string(s.Approve.From), step(path, i)+".approve.from", path)
		case s.Code != nil && s.Code.Kind == "issued":
			for _, c := range channels(s.Code.Channel) {
				side.add("channel", string(c), step(path, i)+".code.channel", path)
			}
		}
	}
}

// channels resolves any_verified.
func channels(list policy.ChannelList) []policy.Channel {
	var out []policy.Channel
	for _, c := range list {
		if c == "any_verified" {
			out = append(out, "email", "sms", "voice", "postal")
		} else {
			out = append(out, c)
		}
	}
	return out
}

func (r *run) common(privileged, others sharing) {
	var names []string
	for k := range privileged {
		names = append(names, k)
	}
	slices.Sort(names)
	said := map[string]bool{}
	for _, k := range names {
		other, both := others[k]
		mine := privileged[k]
		if !both || other.through == mine.through && mine.through != "" && !strings.HasPrefix(k, "provider") {
			continue // the procedure itself is shared, and said
		}
		if at := mine.path + " " + strings.Fields(k)[0]; said[at] {
			continue // several channels of one code
		} else {
			said[at] = true
		}
		r.fail(mine.path, "give the privileged their own", "%s is used by privileged people and by others, so it costs no more than the weaker use of it", k)
	}
}

// approverLevels is L-08 on the file: an approver who may sign in more weakly
// than what is approved.
func (r *run) approverLevels() {
	each := func(path string, p *policy.Procedure) {
		for i, s := range p.Steps {
			if a := s.Approve; a != nil && a.MinAAL > 0 && a.MinAAL < p.Yields.AAL {
				r.fail(step(path, i)+".approve.min_aal", fmt.Sprintf("write min_aal: %d", p.Yields.AAL),
					"%s approves with a sign-in at AAL%d what yields level %d", a.From, a.MinAAL, p.Yields.AAL)
			}
		}
	}
	r.recoveries(each)
	r.enrolments(each)
}

// The bounds of SP 800-63B-4 §4.2.1 and §4.1.2.2.
const (
	savedBits      = 64 // §4.2.1.1
	issuedBits     = 20 // §4.2.1.2: six digits
	bindingBits    = 112
	bindingBitsID  = 40 // beside an identifier of the account
	bindingTTL     = 10 * time.Minute
	phoneTTL       = 10 * time.Minute
	emailTTL       = 24 * time.Hour
	postalTTL      = 30 * 24 * time.Hour
	postalTTLUS    = 21 * 24 * time.Hour
	notWrittenText = "is not written"
)

// codes is L-10.
func (r *run) codes() {
	each := func(path string, p *policy.Procedure) {
		for i, s := range p.Steps {
			if s.Code != nil {
				r.recoveryCode(step(path, i)+".code", s.Code)
			}
		}
	}
	r.recoveries(each)
	r.enrolments(func(path string, p *policy.Procedure) {
		each(path, p)
		if c := p.Code; c != nil {
			r.bindingCode(path+".code", "bits", c.Bits, c.TTL, c.Channel)
			if !c.SingleUse {
				r.fail(path+".code", "write single_use: true", "the code of enrolment %s can be used again", p.Name)
			}
		}
	})
	if r.d.Has("binding.across_devices") {
		a := r.d.Binding.AcrossDevices
		r.bindingCode("binding.across_devices", "code_bits", a.CodeBits, a.TTL, a.Channel)
	}
}

func (r *run) recoveryCode(path string, c *policy.Code) {
	if c.Kind == "saved" {
		if c.Bits < savedBits {
			r.fail(path+".bits", "write bits: 64 or more", "a saved code of %d bits can be guessed; SP 800-63B-4 §4.2.1.1 asks for 64", c.Bits)
		}
		return
	}
	if c.Bits > 0 && c.Bits < issuedBits {
		r.fail(path+".bits", "write bits: 20 or more", "an issued code of %d bits is shorter than the six digits of SP 800-63B-4 §4.2.1.2", c.Bits)
	}
	for _, ch := range channels(c.Channel) {
		switch ch {
		case "email":
			r.ttl(path, "ttl_email", c.TTLEmail, c.TTL, emailTTL, "e-mail")
		case "sms":
			r.ttl(path, "ttl_sms", c.TTLSMS, c.TTL, phoneTTL, "SMS or voice")
		case "voice":
			if !slices.Contains(channels(c.Channel), "sms") {
				r.ttl(path, "ttl_sms", c.TTLSMS, c.TTL, phoneTTL, "SMS or voice")
			}
		case "postal":
			r.postal(path, c)
		}
	}
}

// ttl: the bound of one channel, by its own key or the general one.
func (r *run) ttl(path, key string, own, general policy.Duration, most time.Duration, by string) {
	d, at := own, path+"."+key
	if d == 0 {
		d, at = general, path+".ttl"
	}
	if d == 0 {
		r.fail(path, "write "+key+": "+policy.Duration(most).String(), "how long a code by %s is good for %s", by, notWrittenText)
		return
	}
	if d.D() > most {
		r.fail(at, "write at most "+policy.Duration(most).String(), "a code by %s is good for %s; SP 800-63B-4 §4.2.1.2 ends it after %s", by, d, policy.Duration(most))
	}
}

// postal: 21 days within the contiguous United States, 30 elsewhere. Where the
// general ttl is not written the letter's own limit of 21 days holds.
func (r *run) postal(path string, c *policy.Code) {
	switch d := c.TTL.D(); {
	case d > postalTTL:
		r.fail(path+".ttl", "write at most 30d", "a code by post is good for %s; SP 800-63B-4 §4.2.1.2 ends it after 30 days", c.TTL)
	case d > postalTTLUS:
		r.warn(path+".ttl", "write 21d where letters stay within the contiguous United States", "a code by post is good for %s; SP 800-63B-4 §4.2.1.2 allows more than 21 days only abroad", c.TTL)
	}
}

func (r *run) bindingCode(path, key string, bits int, ttl policy.Duration, list policy.ChannelList) {
	switch {
	case bits < bindingBitsID:
		r.fail(path+"."+key, "write "+key+": 112", "a binding code of %d bits can be guessed; SP 800-63B-4 §4.1.2.2 asks for 112, or 40 beside an identifier", bits)
	case bits < bindingBits:
		r.warn(path+"."+key, "write "+key+": 112", "a binding code of %d bits is enough only beside an identifier of the account (SP 800-63B-4 §4.1.2.2)", bits)
	}
	if ttl == 0 || ttl.D() > bindingTTL {
		r.fail(path+".ttl", "write ttl: 10m or less", "a binding code is good for %s; SP 800-63B-4 §4.1.2.2 ends it after 10 minutes", bound(ttl))
	}
	for _, c := range channels(list) {
		if c != "qr" && c != "manual" {
			r.fail(path+".channel", "write channel: [qr, manual]", "a binding code goes over %s; SP 800-63B-4 §4.1.2.2 lets it be shown and typed, or scanned", c)
			return
		}
	}
}

// notices is L-11: a theft that nobody hears of is over before it is found.
func (r *run) notices() {
	r.recoveries(func(path string, p *policy.Procedure) {
		r.notice(path, p.Notify, "when procedure "+p.Name+" is used", "§4.2.3, §4.6")
		if p.Yields.AAL == 3 && !p.Notify.Postal {
			r.fail(path+".notify", "write postal: true", "procedure %s gives back level 3 without a letter (SP 800-63B-4 §4.6)", p.Name)
		}
	})
	r.notice("binding", r.d.Binding.Notify, "when an authenticator is added", "§4.1.2.1, §4.6")
}

// notice: all addresses, of which two are supported, or people who hear of it in
// the subject's place. One address may be in the thief's hands.
func (r *run) notice(path string, n policy.Notify, when, section string) {
	switch to := string(n.To); {
	case to == "":
		r.fail(path, "write notify: {to: all_addresses}", "nobody is told %s (SP 800-63B-4 %s)", when, section)
	case strings.HasPrefix(to, "subject"):
		r.fail(path+".notify.to", "write to: all_addresses", "only one address is told %s (SP 800-63B-4 %s)", when, section)
	}
}
