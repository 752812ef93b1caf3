package policy

import (
	"strings"

	"holdfast/domain/policy/yamlpos"
)

// APIVersion and DocumentKind open every document.
const (
	APIVersion   = "holdfast/v1"
	DocumentKind = "AssurancePolicy"
)

// Document is a policy as it is written: every key of the language, nothing
// resolved. Parse makes it; Compile turns it into a Policy. docs/policy.md says
// what each key means. Which keys are there at all, Has says: a key that is not
// written has the zero value.
type Document struct {
	APIVersion     string               `yaml:"apiVersion,required"`
	Kind           string               `yaml:"kind,required"`
	Metadata       Metadata             `yaml:"metadata,required"`
	Roots          Map[*Root]           `yaml:"roots"`
	AAGUIDGroups   Map[[]AAGUID]        `yaml:"aaguid_groups"`
	Authenticators Map[*Class]          `yaml:"authenticators,required"`
	Providers      Map[*ProviderEntry]  `yaml:"providers"`
	Segments       []*Segment           `yaml:"segments,required"` // the first that matches counts
	Recovery       Map[*Procedure]      `yaml:"recovery"`
	Enrolment      Map[*Procedure]      `yaml:"enrolment"`
	Binding        Binding              `yaml:"binding,required"`
	Fallbacks      Map[*Fallback]       `yaml:"fallbacks"`
	Access         []*AccessRule        `yaml:"access"` // all that match apply
	Continuous     Continuous           `yaml:"continuous"`
	Rollout        *Rollout             `yaml:"rollout"`
	Detections     Map[*DetectionEntry] `yaml:"detections"`
	Reviews        []*Review            `yaml:"reviews"`
	Personas       Map[*Persona]        `yaml:"personas"`
	Assertions     []*Assertion         `yaml:"assertions"`

	places *yamlpos.Places
	text   []byte
}

// At is where the value at a path stands: "segments[1].when",
// "recovery.two-codes.steps[0]". For a path that is not written it is where the
// nearest written thing around it stands.
func (d *Document) At(path string) Position {
	if d == nil || d.places == nil {
		return Position{}
	}
	return Position(d.places.At(path))
}

// KeyAt is where the key of the value at a path stands.
func (d *Document) KeyAt(path string) Position {
	if d == nil || d.places == nil {
		return Position{}
	}
	return Position(d.places.KeyAt(path))
}

// Has says whether something is written at path.
func (d *Document) Has(path string) bool {
	return d != nil && d.places != nil && d.places.Has(path)
}

// Paths lists every path that is written, in the order of the text.
func (d *Document) Paths() []string {
	if d == nil || d.places == nil {
		return nil
	}
	return d.places.Paths()
}

// Text is the document as it was written.
func (d *Document) Text() []byte { return d.text }

// Name is that of the file.
func (d *Document) Name() string { return d.At("").File }

// Segment is the one of that name, and its place in the order.
func (d *Document) Segment(name string) (*Segment, int, bool) {
	for i, s := range d.Segments {
		if s.Name == name {
			return s, i, true
		}
	}
	return nil, 0, false
}

// AAGUIDsOf resolves groups: the AAGUIDs that refs stand for, in their order.
func (d *Document) AAGUIDsOf(refs []AAGUIDRef) []AAGUID {
	var out []AAGUID
	for _, r := range refs {
		if group, ok := r.Group(); ok {
			out = append(out, d.AAGUIDGroups.Of[group]...)
			continue
		}
		out = append(out, AAGUID(r))
	}
	return out
}

// Metadata is what the document says of itself.
type Metadata struct {
	Name          string        `yaml:"name,required"`
	Revision      int           `yaml:"revision,min=0"`
	Owner         Party         `yaml:"owner"`
	ChangeControl ChangeControl `yaml:"change_control,required"`
	Standards     Standards     `yaml:"standards"`
	Equivalence   Equivalence   `yaml:"equivalence"`
	Floor         Floor         `yaml:"floor"`
	Raise         ApproverSet   `yaml:"raise"` // changes that lower nobody; zero: change_control
	Lower         ApproverSet   `yaml:"lower"` // changes that lower any segment; zero: change_control
	Purposes      Purposes      `yaml:"purposes"`
}

// ChangeControl says who lets a revision in.
type ChangeControl struct {
	Approvers        int     `yaml:"approvers,required,min=1,max=16"`
	From             []Party `yaml:"from,required"`
	AuthorMayApprove bool    `yaml:"author_may_approve"`
}

// ApproverSet is how many of whom.
type ApproverSet struct {
	Approvers int     `yaml:"approvers,required,min=1,max=16"`
	From      []Party `yaml:"from,required"`
}

// Standards pins the texts that the verdicts refer to.
type Standards struct {
	NIST80063B string `yaml:"nist_800_63b"`
	CSF        string `yaml:"csf"`
	Preset     string `yaml:"preset"`
}

// Equivalence are the house rules by which a procedure is graded, where the
// standard does not say. Each number is an AAL, 0 is "counts for nothing".
type Equivalence struct {
	Mode                EquivalenceMode `yaml:"mode"`
	DualControl         int             `yaml:"dual_control,min=0,max=3"`
	OnsitePortraitMatch int             `yaml:"onsite_portrait_match,min=0,max=3"`
	RemoteVideoProof    int             `yaml:"remote_video_proof,min=0,max=3"`
	KnowledgeQuestions  int             `yaml:"knowledge_questions,min=0,max=3"`
}

// Floor is what no segment, fallback or procedure may fall below.
type Floor struct {
	AAL AAL  `yaml:"aal"`
	Phr bool `yaml:"phr"`
}

// Root is a pinned trust anchor: a PEM file beside the document, and the models
// whose attestations it may vouch for. Without aaguids it may vouch for any.
type Root struct {
	Name    string      `yaml:",key"`
	File    string      `yaml:"file,required"`
	AAGUIDs []AAGUIDRef `yaml:"aaguids"`
}

// Class is a class of authenticators: what a credential must be to be in it.
type Class struct {
	Name             string           `yaml:",key"`
	Distribution     Distribution     `yaml:"distribution,required"`
	Attestation      Attestation      `yaml:"attestation"`
	MDS              MDSRule          `yaml:"mds"`
	AAGUIDs          AAGUIDRule       `yaml:"aaguids"`
	UserVerification UserVerification `yaml:"user_verification,required"`
	Transports       []Transport      `yaml:"transports"`
	Providers        []string         `yaml:"providers"`
	EnrolFrom        EnrolFrom        `yaml:"enrol_from"`
	Level            AAL              `yaml:"level,required"`
}

// Attestation is what a class asks of the attestation statement.
type Attestation struct {
	Required   bool       `yaml:"required"`
	Conveyance Conveyance `yaml:"conveyance"`
	Trust      []Trust    `yaml:"trust"`
	MaxMDSAge  Duration   `yaml:"max_mds_age"` // that the metadata may be past its nextUpdate; 0: no limit
}

// MDSRule is what a class asks of the model's FIDO metadata.
type MDSRule struct {
	MinCertification Certification `yaml:"min_certification"`
	DenyStatus       []MDSStatus   `yaml:"deny_status"`
}

// AAGUIDRule lists models. An empty Allow allows all that Deny does not name.
type AAGUIDRule struct {
	Allow []AAGUIDRef `yaml:"allow"`
	Deny  []AAGUIDRef `yaml:"deny"`
}

// ProviderEntry is what the organisation knows of one sync provider.
type ProviderEntry struct {
	Name       string         `yaml:",key"`
	Kind       ProviderKind   `yaml:"kind,required"`
	AAGUIDs    []AAGUIDRef    `yaml:"aaguids"`
	Storage    string         `yaml:"storage"`
	Encryption string         `yaml:"encryption"`
	Access     ProviderAccess `yaml:"access"`
	Recovery   Ways           `yaml:"recovery"`
	Sharing    Sharing        `yaml:"sharing"`
	Managed    bool           `yaml:"managed,required"`
	Status     ProviderStatus `yaml:"status,required"`
	Source     string         `yaml:"source"`
	ReviewBy   Date           `yaml:"review_by"`
}

// Ways lists words; `unknown` in place of a list is the list of that one word.
type Ways []string

// Unknown says that nobody knows.
func (w Ways) Unknown() bool { return len(w) == 1 && strings.EqualFold(w[0], "unknown") }

// OneOrMore lets a single word stand for a list of it.
func (Ways) OneOrMore() {}

// Segment is a group of people and what holds for them.
type Segment struct {
	Name              string          `yaml:"name,required"`
	RiskRank          *int            `yaml:"risk_rank,min=0,max=99"` // 0 is privileged
	When              Expr            `yaml:"when,required"`
	Required          Required        `yaml:"required"`
	Allow             []string        `yaml:"allow"` // classes, best first
	Sync              SyncRule        `yaml:"sync"`
	ToleratesRecovery RecoveryTaste   `yaml:"tolerates_recovery"`
	Authenticators    Holding         `yaml:"authenticators"`
	Recovery          []string        `yaml:"recovery"`
	Fallbacks         []string        `yaml:"fallbacks"`
	Equivalence       EquivalenceMode `yaml:"equivalence"` // of its ways back; metadata.equivalence.mode where it is not written
	StepUp            []*StepUp       `yaml:"step_up"`
	Alarm             []Party         `yaml:"alarm"`
	Lifecycle         *LifecycleRules `yaml:"lifecycle"`
	Session           SessionRules    `yaml:"session"`
}

// Privileged is a segment of risk rank 0.
func (s *Segment) Privileged() bool { return s.RiskRank != nil && *s.RiskRank == 0 }

// EquivalenceFor is how the ways back of s are graded.
func (d *Document) EquivalenceFor(s *Segment) EquivalenceMode {
	for _, m := range []EquivalenceMode{s.Equivalence, d.Metadata.Equivalence.Mode} {
		if m != "" {
			return m
		}
	}
	return "strict"
}

// Required is what every sign-in of a segment must reach.
type Required struct {
	AAL AAL  `yaml:"aal,required"`
	Phr bool `yaml:"phr,required"`
}

// Holding is how many authenticators a person has, and what they are for.
type Holding struct {
	Min         int      `yaml:"min,min=0,max=32"`
	Max         int      `yaml:"max,min=0,max=32"` // 0: no limit
	Independent bool     `yaml:"independent"`
	OneOf       []string `yaml:"one_of"` // at least one is of one of these classes
	Stored      string   `yaml:"stored"`
	Backup      string   `yaml:"backup"` // the plan where min is less than 2
	Grace       Duration `yaml:"grace"`  // until min must be met
}

// StepUp is what one operation of an application asks for on top.
type StepUp struct {
	For          string    `yaml:"for,required"`
	ACR          ACR       `yaml:"acr,required"`
	MaxAge       *Duration `yaml:"max_age"` // 0s: a proof for this very operation
	SecondPerson bool      `yaml:"second_person"`
}

// LifecycleRules are for people whose time is limited.
type LifecycleRules struct {
	EndDate       EndDateRule `yaml:"end_date"`
	RevokeWithin  Duration    `yaml:"revoke_within"`
	ResidualCheck Every       `yaml:"residual_check"`
}

// SessionRules bound a session. The zero values are no bound of their own: the
// limits of the level stay.
type SessionRules struct {
	Overall        Duration        `yaml:"overall"`
	Inactivity     Duration        `yaml:"inactivity"`
	Reauth         Reauth          `yaml:"reauth"`
	Bind           SessionBind     `yaml:"bind"`
	SharedTerminal *SharedTerminal `yaml:"shared_terminal"`
	Reason         string          `yaml:"reason"` // why it is longer than the standard suggests
}

// SharedTerminal tightens a session on a device that is shared.
type SharedTerminal struct {
	Overall    Duration `yaml:"overall"`
	Inactivity Duration `yaml:"inactivity"`
}

// Binding is how a further authenticator is added from a session.
type Binding struct {
	Require       Expr          `yaml:"require,required"`
	AcrossDevices AcrossDevices `yaml:"across_devices"`
	Notify        Notify        `yaml:"notify"`
}

// AcrossDevices is the code by which a session on one device binds another.
type AcrossDevices struct {
	CodeBits int         `yaml:"code_bits,min=0,max=256"`
	TTL      Duration    `yaml:"ttl"`
	Channel  ChannelList `yaml:"channel"`
}

// Fallback is a way to sign in when nothing better is there, for a while.
type Fallback struct {
	Name              string          `yaml:",key"`
	Kind              FallbackKind    `yaml:"kind,required"`
	OnlyWhen          Expr            `yaml:"only_when,required"`
	NoDowngrade       bool            `yaml:"no_downgrade"`
	MaxPerUser        Rate            `yaml:"max_per_user"`
	Session           FallbackSession `yaml:"session,required"`
	Owner             Party           `yaml:"owner"`
	Retire            Date            `yaml:"retire"`
	PopulationCeiling float64         `yaml:"population_ceiling,min=0,max=1"`
}

// FallbackSession is what a fallback opens.
type FallbackSession struct {
	Overall    Duration           `yaml:"overall,required"`
	Inactivity Duration           `yaml:"inactivity"`
	Capability FallbackCapability `yaml:"capability"`
}
