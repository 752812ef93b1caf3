package policy

import (
	"bytes"
	"encoding/json"
	"fmt"

	"holdfast"
)

// Said is the decision as sentences, for whoever asks why.
func (d Decision) Said() []string {
	out := []string{map[Outcome]string{Allow: "It is allowed.", Need: "It is not allowed yet: something is missing.", Deny: "It is refused."}[d.Outcome]}
	if d.Segment != "" {
		out = append(out, fmt.Sprintf("The account is in the segment %s.", d.Segment))
	}
	if d.Class != "" {
		out = append(out, fmt.Sprintf("The authenticator is in the class %s and gives AAL%d.", d.Class, d.AAL))
	}
	for _, r := range d.Reasons {
		out = append(out, fmt.Sprintf("%s [%s, rule %s]", r.Text, r.Code, r.Rule))
	}
	for _, n := range d.Needs {
		said := fmt.Sprintf("%s [%s: %s", n.Text, n.What, n.Want)
		if n.Have != "" {
			said += ", and there is " + n.Have
		}
		out = append(out, said+", rule "+n.Rule+"]")
	}
	for _, r := range d.Notes {
		out = append(out, fmt.Sprintf("%s [%s, rule %s]", r.Text, r.Code, r.Rule))
	}
	if d.Outcome != Deny && (d.Session.Overall > 0 || d.Session.Inactivity > 0) {
		out = append(out, saidEnds("The session ends after ", Duration(d.Session.Overall), Duration(d.Session.Inactivity))+".")
	}
	return out
}

// ReadInput reads an input that somebody wrote down. A member that no decision
// knows is a mistake. Without now, it is the zero time.
func ReadInput(text []byte) (Input, error) {
	var in Input
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return in, holdfast.Errorf(holdfast.Invalid, "input", "This is no input of a decision: %v.", err)
	}
	in.Now = in.Now.UTC()
	return in, nil
}
