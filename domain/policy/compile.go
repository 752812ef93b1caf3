package policy

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	"holdfast/domain/policy/yamlpos"
	"holdfast/domain/provider"
)

// Policy is a document that is right in itself: every name resolved, every
// expression compiled. It is immutable and may be shared. The zero Policy
// allows nothing.
type Policy struct {
	doc      *Document
	conds    map[string]Cond // by path
	order    []string        // of conds
	roots    []PinnedRoot
	profiles provider.Registry
	ruling   ruling

	effective bool // a condition reads account.effective
}

// PinnedRoot is a trust anchor that was read.
type PinnedRoot struct {
	Name         string
	Certificates []*x509.Certificate
	AAGUIDs      [][16]byte // models that it may vouch for; empty: any
}

// Document is what the policy was compiled from. It must not be changed.
func (p *Policy) Document() *Document { return p.doc }

// Onboarding is the enrolment procedure that takes a device which proves itself,
// or nothing: the first one with such a step.
func (p *Policy) Onboarding() string {
	for _, name := range p.doc.Enrolment.Names {
		if e, ok := p.doc.Enrolment.Get(name); ok && slices.ContainsFunc(e.Steps, func(s *Step) bool { return s.Device != nil }) {
			return name
		}
	}
	return ""
}

// Digest names the revision in decisions.
func (p *Policy) Digest() string { return p.ruling.digest }

// WithDigest is p under the name of a revision.
func (p *Policy) WithDigest(digest string) *Policy {
	q := *p
	q.ruling.digest = digest
	return &q
}

// Roots are the pinned anchors, in the order of the text.
func (p *Policy) Roots() []PinnedRoot { return p.roots }

// Profiles are those of the providers that the document describes.
func (p *Policy) Profiles() provider.Registry { return p.profiles }

// Cond is the condition at a path: "segments[1].when". The zero Cond, which never
// holds, is where none is written.
func (p *Policy) Cond(path string) Cond { return p.conds[path] }

// Conditions lists the paths of all conditions, in the order of the text.
func (p *Policy) Conditions() []string { return p.order }

// ReadsEffective says whether a decision may depend on what the account is worth
// by its weakest path.
func (p *Policy) ReadsEffective() bool { return p.effective }

// SegmentOf is the first segment whose condition holds.
func (p *Policy) SegmentOf(in *Input) (*Segment, bool) {
	if s := p.ruling.segmentOf(in); s != nil {
		return s.Segment, true
	}
	return nil, false
}

// ClassesFor are the classes of authenticators that a segment allows, best first.
func (p *Policy) ClassesFor(s *Segment) []*Class {
	var out []*Class
	for _, name := range s.Allow {
		out = append(out, p.doc.Authenticators.Of[name])
	}
	return out
}

// Compile resolves the names of a document that Parse read without a Bad
// Problem, and compiles its expressions. files holds what the document names, by
// the name that it uses; nil where there is only the document: then pinned roots
// vouch for nothing. The digest of the Policy is that of the text alone; see
// WithDigest.
func Compile(d *Document, files map[string][]byte) (*Policy, Problems) {
	return CompileWith(NewCompiler(), d, files)
}

// CompileWith is Compile with a Compiler at hand, for an editor that compiles
// with every key that is pressed.
func CompileWith(c *Compiler, d *Document, files map[string][]byte) (*Policy, Problems) {
	p := &Policy{doc: d, conds: map[string]Cond{}}
	k := compiling{p: p, d: d, with: c}
	k.names()
	k.expressions()
	if files != nil {
		k.roots(files)
	}
	k.providers()
	k.problems.Sort()
	if k.problems.Bad() {
		return nil, k.problems
	}
	sum := sha256.Sum256(d.text)
	p.ruling = k.ruling()
	p.ruling.digest = hex.EncodeToString(sum[:])
	return p, k.problems
}

// compiling is one Compile.
type compiling struct {
	p        *Policy
	d        *Document
	with     *Compiler
	problems Problems
}

func (k *compiling) wrong(rule, path, remedy, format string, args ...any) {
	k.problems = append(k.problems, k.d.wrong(rule, path, remedy, format, args...))
}

// expression compiles the one at path, if one is written there.
func (k *compiling) expression(path string, e Expr, s Scope) {
	if e == "" {
		return
	}
	cond, faults := k.with.Compile(string(e), s)
	for _, f := range faults {
		at := Position(k.d.places.Inside(path, f.Line, f.Column))
		k.problems = append(k.problems, Problem{At: at, Rule: RuleCEL, Path: path, Text: f.Text, Remedy: f.Remedy, Severity: Error})
	}
	if len(faults) == 0 {
		k.p.conds[path] = cond
		k.p.effective = k.p.effective || cond.Reads("account.effective")
		k.p.order = append(k.p.order, path)
	}
}

// expressions compiles all of them, each in its scope.
func (k *compiling) expressions() {
	d := k.d
	for i, s := range d.Segments {
		k.expression(at("segments", i, "when"), s.When, ScopePerson)
	}
	for _, m := range []struct {
		path string
		of   Map[*Procedure]
	}{{"recovery", d.Recovery}, {"enrolment", d.Enrolment}} {
		for _, name := range m.of.Names {
			k.expression(m.path+"."+name+".when", m.of.Of[name].When, ScopeRequest)
			k.expression(m.path+"."+name+".delay.waive_when", m.of.Of[name].Delay.WaiveWhen, ScopeRequest)
		}
	}
	k.expression("binding.require", d.Binding.Require, ScopeRequest)
	for _, name := range d.Fallbacks.Names {
		k.expression("fallbacks."+name+".only_when", d.Fallbacks.Of[name].OnlyWhen, ScopeRequest)
	}
	for i, a := range d.Access {
		k.expression(at("access", i, "when"), a.When, ScopeRequest)
	}
	if d.Rollout != nil {
		k.expression("rollout.gate", d.Rollout.Gate, ScopeGate)
	}
	for i, a := range d.Assertions {
		if a.ForAll != "" {
			k.expression(at("assertions", i, "expect"), a.Expect, a.ForAll.Scope())
		}
	}
}

// at is the path of a key of an element of a list.
func at(list string, i int, key string) string { return fmt.Sprintf("%s[%d].%s", list, i, key) }

// Scope is that of the expression that an assertion holds against each.
func (f ForAll) Scope() Scope {
	switch f {
	case "procedures":
		return ScopeProcedure
	case "operators":
		return ScopeOperator
	}
	return ScopeAccount
}

// roots reads the files of the pinned roots.
func (k *compiling) roots(files map[string][]byte) {
	for _, name := range k.d.Roots.Names {
		r := k.d.Roots.Of[name]
		path := "roots." + name + ".file"
		text, ok := files[r.File]
		if !ok {
			k.wrong(RuleRefer, path, "put it beside the document", "there is no file %q", r.File)
			continue
		}
		certificates, err := readPEM(text)
		if err != nil {
			k.wrong(RuleRefer, path, "write certificates in PEM, and nothing else", "%s: %s", r.File, err)
			continue
		}
		root := PinnedRoot{Name: name, Certificates: certificates}
		for _, a := range k.d.AAGUIDsOf(r.AAGUIDs) {
			root.AAGUIDs = append(root.AAGUIDs, a.Bytes())
		}
		k.p.roots = append(k.p.roots, root)
	}
}

func readPEM(text []byte) (out []*x509.Certificate, err error) {
	for len(strings.TrimSpace(string(text))) > 0 {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, fmt.Errorf("this is no PEM")
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("it holds a %s", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		out, text = append(out, c), rest
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("it is empty")
	}
	return out, nil
}

// Bytes are the sixteen of an AAGUID.
func (a AAGUID) Bytes() (b [16]byte) {
	_, _ = hex.Decode(b[:], []byte(strings.ReplaceAll(string(a), "-", "")))
	return b
}

// providers lists the profiles; an AAGUID is one provider's alone, else nobody
// could say whose a passkey is.
func (k *compiling) providers() {
	var list []provider.Profile
	whose := map[AAGUID]string{}
	for _, name := range k.d.Providers.Names {
		e := k.d.Providers.Of[name]
		for _, a := range k.d.AAGUIDsOf(e.AAGUIDs) {
			if first, taken := whose[a]; taken {
				k.wrong(RuleRefer, "providers."+name+".aaguids", "leave it with one of them", "%s is %s already", a, first)
			}
			whose[a] = name
		}
		list = append(list, Profile(k.d, e))
	}
	k.p.profiles = provider.NewRegistry(list...)
}

// ruling prepares what Decide needs.
func (k *compiling) ruling() ruling {
	d, p := k.d, k.p
	r := ruling{binding: p.Cond("binding.require"), enrolment: map[string]*procedure{}, fallbacks: map[string]*fallback{}}
	for i, s := range d.Segments {
		r.segments = append(r.segments, k.segment(i, s))
	}
	for i, a := range d.Access {
		rule := &accessRule{AccessRule: a, rule: "access:" + a.Name, when: p.Cond(at("access", i, "when"))}
		for _, e := range a.Then.Emit {
			rule.emit = append(rule.emit, string(e))
		}
		r.access = append(r.access, rule)
	}
	for _, name := range d.Enrolment.Names {
		e := d.Enrolment.Of[name]
		r.enrolment[name] = &procedure{Procedure: e, when: p.Cond("enrolment." + name + ".when"), hasWhen: e.When != ""}
	}
	for _, name := range d.Fallbacks.Names {
		r.fallbacks[name] = &fallback{Fallback: d.Fallbacks.Of[name], rule: "fallback:" + name, onlyWhen: p.Cond("fallbacks." + name + ".only_when")}
	}
	return r
}

func (k *compiling) segment(i int, s *Segment) *segment {
	out := &segment{Segment: s, rule: "segment:" + s.Name, when: k.p.Cond(at("segments", i, "when")), oneOf: s.Authenticators.OneOf}
	for _, name := range s.Allow {
		out.classes = append(out.classes, newClass(k.d, k.d.Authenticators.Of[name]))
	}
	for _, a := range s.Alarm {
		out.alarm = append(out.alarm, string(a))
	}
	for _, u := range s.StepUp {
		out.stepUp = append(out.stepUp, stepUp{u, "step_up:" + u.For})
	}
	return out
}

// meant is the remedy for a name that is not there.
func meant(name string, known []string, where string) string {
	if len(known) == 0 {
		return "write it under " + where
	}
	if near, ok := yamlpos.Nearest(name, known); ok {
		return "did you mean `" + near + "`?"
	}
	if len(known) > 20 {
		return "look it up in " + where
	}
	return "write it under " + where + ", or one of " + strings.Join(known, ", ")
}
