package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/edge/web/api"
)

// lines writes text that may hold names which somebody chose.
type lines struct{ w io.Writer }

func (l lines) f(format string, args ...any) {
	fmt.Fprintln(l.w, strings.Map(visible, fmt.Sprintf(format, args...)))
}

func (l lines) head(title string) { fmt.Fprintf(l.w, "\n%s\n", title) }

// requirement is "AAL2, resisting phishing".
func requirement(r exposure.Required) string {
	switch {
	case r.AAL == 0:
		return "nothing"
	case r.Phr:
		return fmt.Sprintf("AAL%d, resisting phishing", r.AAL)
	}
	return fmt.Sprintf("AAL%d", r.AAL)
}

func worthOf(w answer.Worth) string {
	if w.Phr {
		return fmt.Sprintf("AAL%d, resisting phishing", w.AAL)
	}
	return fmt.Sprintf("AAL%d, can be phished", w.AAL)
}

func (l lines) subject(s answer.Subject) {
	text := fmt.Sprintf("%s (%s)", s.Name, s.Account)
	if s.Credential != "" {
		text += ", through the passkey " + s.Credential
	}
	if s.Segment == "" {
		l.f("%s: no segment of the policy covers this account", text)
		return
	}
	if s.Privileged {
		text += ", with power over others"
	}
	l.f("%s: segment %s, which asks for %s", text, s.Segment, requirement(s.Required))
}

func (l lines) basis(b answer.Basis) {
	l.f("\nAs of %s; policy %.12s; %d records in the log.", b.AsOf.UTC().Format("2006-01-02 15:04:05Z"), b.PolicyRev, b.FactsRev)
}

// short marks a way that takes less than what is required.
func short(w answer.Way, r exposure.Required) string {
	if w.Level < r.AAL || r.Phr && !w.Phr {
		return "!"
	}
	return " "
}

func (l lines) ways(all []answer.Way, r exposure.Required) {
	for _, w := range all {
		l.f("%s AAL%d {%s}", short(w, r), w.Level, strings.Join(w.Atoms, ", "))
		l.f("       %s", w.Sentence)
	}
}

func (l lines) things(title string, all []answer.Thing) {
	if len(all) == 0 {
		return
	}
	l.head(title)
	for _, t := range all {
		l.f("  %s  %s", t.ID, t.Label)
	}
}

// roots lists powers over everything, and marks those that take less than what is
// required of the account.
func (l lines) roots(all []answer.RootPower, r exposure.Required) {
	if len(all) == 0 {
		return
	}
	l.head("Powers over everything, not counted above")
	for _, p := range all {
		l.f("%s AAL%d %s  %s", map[bool]string{true: "!", false: " "}[p.Level < r.AAL], p.Level, p.ID, p.Label)
		l.f("       %s", p.Sentence)
	}
}

func (l lines) list(title string, all []string) {
	if len(all) == 0 {
		return
	}
	l.head(title)
	for _, s := range all {
		l.f("  %s", s)
	}
}

func sayWhoCan(w io.Writer, a *answer.WhoCan) {
	l := lines{w}
	l.subject(a.Subject)
	l.f("%s", a.Sentence)
	worst := worthOf(a.Effective)
	if a.Best != a.Effective {
		worst += " (" + worthOf(a.Best) + " if what nobody has said is harmless)"
	}
	l.f("Effective: %s. Contestability %s. NIST SP 800-63B-4: %s. Availability: %s.", worst, a.Effective.Contest,
		map[bool]string{true: "conforms", false: "does not conform"}[a.NIST], answer.Losses(a.Availability))
	l.head(fmt.Sprintf("Ways in (%d)%s", len(a.Ways), map[bool]string{true: ", there are more", false: ""}[a.Truncated]))
	l.ways(a.Ways, a.Required)
	l.things("Single points", a.SinglePoints)
	l.list("House rules it rests on", a.House)
	l.list("Nobody has said", a.Unknown)
	l.roots(a.RootPowers, a.Required)
	if len(a.Changes) > 0 {
		l.head("What time alone will do")
		for _, ch := range a.Changes {
			l.f("  %s  %s, %s: %s", ch.At.UTC().Format(time.RFC3339), worthOf(ch.Worth), ch.Verdict, ch.Because)
		}
	}
	if len(a.Findings) > 0 {
		l.head("Findings")
		l.findings(a.Findings)
	}
	l.basis(a.Basis)
}

func (l lines) findings(all []answer.Finding) {
	for _, f := range all {
		l.f("  %s  %s  %s", f.ID, f.Severity, f.Rule)
		l.f("       %s", f.Sentence)
	}
}

func sayBlast(w io.Writer, b *answer.Blast) {
	l := lines{w}
	l.f("%s  %s", b.Node.ID, b.Node.Label)
	l.f("%s", b.Sentence)
	for _, s := range b.Segments {
		l.f("  %-24s %d", s.Name, s.Count)
	}
	l.things("Powers that fall with it", folded(b.Powers))
	l.list("Accounts", b.Some)
	if b.Cursor != "" {
		l.f("  … and more: --limit shows up to 200, the API all")
	}
	l.basis(b.Basis)
}

// folded are powers with what falls of somebody's account as one line, where that
// is more than one thing.
func folded(powers []answer.Thing) []answer.Thing {
	var out []answer.Thing
	first := map[string]int{}
	for _, t := range powers {
		whose, name := accountOf(t)
		if i, ok := first[whose]; ok {
			out[i].Label = name + "'s account"
			continue
		}
		if name != "" {
			first[whose] = len(out)
		}
		out = append(out, t)
	}
	return out
}

// accountOf is whose account a power is of, by id and name; none: nobody's.
func accountOf(t answer.Thing) (id, name string) {
	kind, id, _ := strings.Cut(t.ID, ":")
	switch kind {
	case "session":
		return id, strings.TrimPrefix(t.Label, "being signed in as ")
	case "act":
		return id, strings.TrimSuffix(t.Label, " acts for the attacker")
	case "bind":
		return id, strings.TrimPrefix(t.Label, "a new passkey for ")
	case "inbox":
		return id, strings.TrimPrefix(t.Label, "reading the mail of ")
	}
	return t.ID, ""
}

func sayWhatIf(w io.Writer, x *answer.WhatIf) {
	l := lines{w}
	l.subject(x.Before.Subject)
	l.f("%s", x.Sentence)
	l.head("Before: " + worthOf(x.Before.Effective) + ", " + string(x.Before.Verdict))
	l.ways(x.Before.Ways, x.Before.Required)
	l.head("After: " + worthOf(x.After.Effective) + ", " + string(x.After.Verdict))
	l.ways(x.After.Ways, x.After.Required)
	l.basis(x.Basis)
}

func sayRows(w io.Writer, rows []answer.Row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ACCOUNT\tNAME\tSEGMENT\tASKED\tEFFECTIVE\tVERDICT\tWEAKEST")
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join([]string{r.Account, strings.Map(visible, r.Name), r.Segment, fmt.Sprintf("AAL%d", r.Required.AAL),
			fmt.Sprintf("AAL%d", r.Effective.AAL), string(r.Verdict), strings.Map(visible, oneLine(r.Weakest))}, "\t"))
	}
	t.Flush()
}

// oneLine is at most a line of a terminal.
func oneLine(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func sayFindings(w io.Writer, all []answer.Finding) {
	l := lines{w}
	if len(all) == 0 {
		l.f("Nothing is wrong.")
		return
	}
	for _, f := range all {
		l.f("%s  %s  %s  %s", f.ID, f.Severity, f.Rule, f.Account)
		l.f("     %s", f.Sentence)
	}
}

func sayFixes(w io.Writer, x *api.Fixes) {
	l := lines{w}
	l.f("%s  %s  %s  %s", x.Finding.ID, x.Finding.Severity, x.Finding.Rule, x.Finding.Account)
	l.f("%s", x.Finding.Sentence)
	if len(x.Fixes) == 0 {
		l.f("\nNo single change and no two changes mend it alone. what-if tries others.")
		return
	}
	l.head("What would mend it, the best first")
	for i, f := range x.Fixes {
		l.f("%2d. %s", i+1, f.Said)
		text := "for this account"
		if x.Counted {
			text = fmt.Sprintf("accounts lifted: %d, accounts that may be locked out: %d", f.Lifted, f.Lockout)
		}
		l.f("    %s; %s; verdict then %s", f.Change, text, f.Verdict)
	}
	if !x.Counted {
		l.f("\nNot counted over everybody.")
	}
}

func sayLeft(w io.Writer, all []answer.Left) {
	l := lines{w}
	if len(all) == 0 {
		l.f("Nobody who left can still sign in.")
		return
	}
	for _, x := range all {
		l.f("%s (%s), left %s: %s", x.Name, x.Account, x.Since.UTC().Format("2006-01-02"), x.Sentence)
		for _, p := range x.Places {
			l.f("    %s  %s", p.ID, p.Label)
		}
	}
}
