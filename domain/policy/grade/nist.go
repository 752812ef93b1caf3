package grade

import "holdfast/domain/policy"

// recoverable is the check list of NIST SP 800-63B-4 §4.2.2. It looks at the
// methods one by one; that is why it accepts what the grade may not.
func recoverable(p *policy.Procedure, aal int64) (bool, string) {
	m := methodsOf(p)
	switch {
	case m.ial == 3 && aal == 3 && !m.biometric:
		return false, "§4.2.2.3 asks for a comparison with the biometric or portrait taken on site, where the proof was at IAL3"
	case m.proof:
		return true, "§4.2.2.2 (c) accepts repeated identity proofing"
	case m.saved && m.issued:
		return true, "§4.2.2.2 (a) accepts two codes by different methods"
	case aal <= 1 && (m.saved || m.issued):
		return true, "§4.2.2.1 accepts one code"
	case m.code() && m.device:
		return true, "§4.2.2.2 (b) accepts one code and a bound single-factor authenticator"
	case m.code():
		return false, "§4.2.2.2 asks for two codes by different methods, or a code and a bound authenticator, or repeated identity proofing"
	}
	return false, "§4.2.1 accepts what an agent decides only with a documented analysis of its risks"
}

// enrollable: §4.1 binds at enrolment what the proof of identity or a code to a
// confirmed address carries.
func enrollable(p *policy.Procedure) (bool, string) {
	m := methodsOf(p)
	switch {
	case m.proof:
		return true, "§4.1.1 binds an authenticator in the course of identity proofing"
	case m.code() || p.Code != nil:
		return true, "SP 800-63A-4 lets an enrolment code carry the session to another day"
	case m.device:
		return true, "§4.1.1 binds by what the organisation has itself issued"
	}
	return false, "§4.1.1 binds in the course of identity proofing, or by a code or device that was issued in it"
}

type methods struct {
	saved, issued, proof, device, biometric bool
	ial                                     int
}

func (m methods) code() bool { return m.saved || m.issued }

func methodsOf(p *policy.Procedure) methods {
	var m methods
	for _, s := range p.Steps {
		switch {
		case s.Code != nil && s.Code.Kind == "saved":
			m.saved = true
		case s.Code != nil:
			m.issued = true
		case s.Device != nil:
			m.device = true
		case s.Proof != nil && s.Proof.Kind != "knowledge-questions" && s.Proof.IAL > 0:
			m.proof = true
			m.ial = max(m.ial, s.Proof.IAL)
			m.biometric = m.biometric || s.Proof.Match == "stored-portrait" || s.Proof.Match == "stored-biometric"
		}
	}
	return m
}
