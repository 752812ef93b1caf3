package rejudge

import (
	"slices"
	"strings"

	"holdfast/domain/policy"
)

// reason is the first why not.
func (a admission) reason() policy.Reason {
	if len(a.reasons) == 0 {
		return policy.Reason{Code: "not_accepted", Text: "No class of the segment accepts this passkey."}
	}
	return a.reasons[0]
}

// obstacle is why somebody who has keys has none that signs in: of several the
// one that is mended soonest.
func (v verdict) obstacle() policy.Reason {
	if v.uncovered {
		return policy.Reason{Rule: "segments", Code: "no_segment", Text: "No segment of this policy takes them in, so nothing signs them in."}
	}
	for _, k := range v.keys {
		if k.now.lapsed() {
			i := slices.IndexFunc(k.now.reasons, func(r policy.Reason) bool { return r.Code == "provider_unknown_profile" })
			return k.now.reasons[i]
		}
	}
	var best policy.Reason
	for _, k := range v.keys {
		if len(k.now.reasons) > 0 && nearness(k.now.reasons[0].Code) > nearness(best.Code) {
			best = k.now.reasons[0]
		}
	}
	if best.Code == "" {
		best = policy.Reason{Code: "not_accepted", Text: "None of their passkeys is accepted."}
	}
	return best
}

// near are reasons from far to near: what is not proven may be the same key,
// made once more; what is synced is another thing altogether.
var near = []string{"", "not_accepted", "synced", "provider_not_listed", "model_denied", "model_not_listed", "certification", "transport",
	"device_bound_unproven", "not_attested", "not_trusted", "not_enterprise", "model_unproven", "not_managed_device"}

func nearness(code string) int {
	if i := slices.Index(near, code); i >= 0 {
		return i
	}
	return 1 // it is a reason, whatever it is
}

// way is the shortest way for people of a segment to be ready.
func (r *rules) way(segment, code string) string {
	switch code {
	case "no_segment":
		return "Put them into a group that a segment of this policy names, or end its segments with one for everybody."
	case "provider_unknown_profile":
		return "Complete the profile of the provider in the document, or renew its review_by, and propose that: what they have counts again then."
	}
	d := r.Document()
	s, _, ok := d.Segment(segment)
	if !ok || len(s.Allow) == 0 {
		return "This segment allows no authenticator: allow one in the document, and propose that."
	}
	way := "Before it comes into force, each adds " + strings.Join(acceptable(d, s), ", or ") + ", on their page of passkeys."
	if r.anchors != nil && r.anchors.Metadata == nil && needsMetadata(d, s) {
		return "First import the FIDO metadata (holdfast mds import): without them nobody vouches for a key. " + way
	}
	return way
}

// acceptable are things that people may make to sign in in s.
func acceptable(d *policy.Document, s *policy.Segment) (out []string) {
	for _, name := range s.Allow {
		c, ok := d.Authenticators.Get(name)
		if !ok || s.Sync == "forbid" && c.Distribution == policy.Synced {
			continue
		}
		if thing := d.Thing(c, s.Sync == "forbid"); !slices.Contains(out, thing) {
			out = append(out, thing)
		}
	}
	return out
}

// needsMetadata says whether nothing but the FIDO metadata vouches for what s
// allows.
func needsMetadata(d *policy.Document, s *policy.Segment) bool {
	for _, name := range s.Allow {
		c, ok := d.Authenticators.Get(name)
		if ok && (!c.Attestation.Required || slices.ContainsFunc(c.Attestation.Trust, func(t policy.Trust) bool { return t != "mds" })) {
			return false
		}
	}
	return true
}
