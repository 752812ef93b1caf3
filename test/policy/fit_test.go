package policy

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/test/softkey"
	"holdfast/test/story"
)

// A plan says what of a policy does not fit the people that there are, and stops
// saying it when they do.
func TestAPlanSaysWhatDoesNotFit(t *testing.T) {
	o := newOffice(t)
	const before = "      - approve: { k: 1, from: role:administrator, not_in: [subject] }\n      - code: { kind: issued, bits: 256, channel: manual, single_use: true }"
	const after = "      - approve: { k: 2, from: group:desk, independent: true, not_in: [subject] }\n      - code: { kind: issued, bits: 256, channel: manual, single_use: true }"
	p := o.propose(story.Host, story.Preset(t, before, after))
	fit := func() (lines []string) {
		plan, err := o.revs.Plan(t.Context(), story.Host, p.Revision.ID)
		o.must(err)
		if plan.Warnings.Bad() {
			t.Error("a plan says that it does not load")
		}
		for _, w := range plan.Warnings {
			if strings.HasPrefix(w.Rule, "L-07") || strings.HasPrefix(w.Rule, "L-08") {
				lines = append(lines, w.Path+": "+w.Text)
			}
		}
		return lines
	}
	want := []string{
		"metadata.change_control.approvers: a change of the policy needs 1 of role:administrator, and at most 0 can approve, of whom the author may be one",
		"metadata.raise.approvers: a change of the policy needs 1 of role:administrator, and at most 0 can approve, of whom the author may be one",
		"metadata.lower.approvers: a change of the policy needs 2 of role:administrator, and at most 0 can approve, of whom the author may be one",
		"recovery.invitation.steps[1].approve.k: procedure invitation needs 2 of group:desk, and at most 0 can approve",
		"enrolment.invitation.steps[0].approve.k: procedure invitation needs 1 of role:administrator, and there are no more than that",
	}
	if got := fit(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	for i := range 3 {
		o.administrator(fmt.Sprintf("Ada%d", i))
	}
	for i := range 4 {
		who := o.Join(t, fmt.Sprintf("Hal%d", i), fmt.Sprintf("hal%d@harbour.example", i), story.Key(softkey.Config{}))
		o.must(o.Govern.Join(t.Context(), story.Host, who.Person.ID, o.group("desk")))
	}
	if got := fit(); len(got) > 0 {
		t.Error(got)
	}
}
