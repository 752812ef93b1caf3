package holdfast

// AAL is an authenticator assurance level of NIST SP 800-63B-4. The zero AAL is
// below AAL1 and satisfies nothing.
type AAL int

const (
	AALNone AAL = iota
	AAL1
	AAL2
	AAL3
)

func (a AAL) String() string {
	switch a {
	case AAL1:
		return "aal1"
	case AAL2:
		return "aal2"
	case AAL3:
		return "aal3"
	}
	return "none"
}
