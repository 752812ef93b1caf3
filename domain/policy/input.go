package policy

import "time"

// Op is what somebody wants to do.
type Op string

const (
	SignIn  Op = "sign_in"
	Enrol   Op = "enrol"   // a first passkey
	Bind    Op = "bind"    // a further passkey, from a session
	Recover Op = "recover" // to get back in
	Replace Op = "replace" // a passkey that must go, for another
	Unlock  Op = "unlock"
	Export  Op = "export" // to take the organisation's data out
	Admin   Op = "admin"  // to change what others depend on
)

// Ops lists them in the order of the policy's text.
func Ops() []Op { return []Op{SignIn, Enrol, Bind, Recover, Replace, Unlock, Export, Admin} }

// Input is everything that a decision may depend on, as an expression names it.
// What is not known has its zero value, which is the weaker one.
type Input struct {
	User    User      `cel:"user" json:"user"`
	Account Account   `cel:"account" json:"account"`
	Cred    Cred      `cel:"cred" json:"cred"`
	Auth    Auth      `cel:"auth" json:"auth"`
	Device  Device    `cel:"device" json:"device"`
	Net     Net       `cel:"net" json:"net"`
	App     App       `cel:"app" json:"app"`
	Risk    Risk      `cel:"risk" json:"risk"`
	Ctx     Ctx       `cel:"ctx" json:"ctx"`
	Now     time.Time `cel:"now" json:"now"`
}

// User is whose account it is.
type User struct {
	ID          string      `cel:"id" json:"id"`
	Groups      []string    `cel:"groups" json:"groups,omitempty"`         // names, at most 256
	Roles       []string    `cel:"roles" json:"roles,omitempty"`           // in Holdfast itself, at most 64
	Privileged  bool        `cel:"privileged" json:"privileged,omitempty"` // holds a role that changes things in Holdfast
	Employment  string      `cel:"employment" json:"employment,omitempty"` // staff, contractor, guest
	Title       string      `cel:"title" json:"title,omitempty"`
	Manager     string      `cel:"manager" json:"manager,omitempty"`
	Sponsor     string      `cel:"sponsor" json:"sponsor,omitempty"`
	EndDate     time.Time   `cel:"end_date" json:"end_date,omitzero"`
	IAL         int64       `cel:"ial" json:"ial,omitempty"`
	Credentials Credentials `cel:"credentials" json:"credentials"`
	Exceptions  []string    `cel:"exceptions" json:"exceptions,omitempty"` // at most 64
}

// Credentials counts what the person has that is active.
type Credentials struct {
	PhrActive   int64 `cel:"phr_active" json:"phr_active"`   // phishing-resistant
	Count       int64 `cel:"count" json:"count"`             // all
	Independent int64 `cel:"independent" json:"independent"` // that do not fall together
}

// Account is how the account stands.
type Account struct {
	MaxAAL    int64     `cel:"max_aal" json:"max_aal"` // the strongest sign-in that it can make now
	Effective Effective `cel:"effective" json:"effective,omitzero"`
	Segment   string    `cel:"segment" json:"segment,omitempty"`
	Locked    bool      `cel:"locked" json:"locked,omitempty"` // closed, suspended, or over
}

// Effective is what the account is worth by its weakest path. Computed is false
// until that part exists: then no expression that reads it is ever true.
type Effective struct {
	AAL          int64    `cel:"aal" json:"aal,omitempty"`
	Phr          bool     `cel:"phr" json:"phr,omitempty"`
	Contest      bool     `cel:"contest" json:"contest,omitempty"`
	SinglePoints []string `cel:"single_points" json:"single_points,omitempty"` // at most 256
	Computed     bool     `cel:"-" json:"computed,omitempty"`
}

// Cred is the authenticator in question, with what is proven of it. A claim is
// never put where a proof is asked for.
type Cred struct {
	ID            string   `cel:"-" json:"id,omitempty"`
	Kind          string   `cel:"kind" json:"kind,omitempty"` // webauthn
	Level         int64    `cel:"level" json:"level"`         // that it can give, by what is proven
	BE            bool     `cel:"be" json:"be"`
	BS            bool     `cel:"bs" json:"bs"`
	UV            bool     `cel:"uv" json:"uv"`
	Attested      bool     `cel:"attested" json:"attested"`           // a verified statement, by whatever anchor
	AAGUID        string   `cel:"aaguid" json:"aaguid"`               // as it says; proven only where attested
	Provider      string   `cel:"provider" json:"provider,omitempty"` // name in the policy's providers, by the AAGUID
	Managed       bool     `cel:"managed" json:"managed,omitempty"`   // the provider's account is the organisation's
	Distribution  string   `cel:"distribution" json:"distribution"`   // device_bound, synced, unknown
	FIPS          bool     `cel:"fips" json:"fips,omitempty"`
	Certification string   `cel:"certification" json:"certification,omitempty"` // FIDO_CERTIFIED_L2
	Transports    []string `cel:"transports" json:"transports,omitempty"`       // claims, at most 16
	AgeDays       int64    `cel:"age_days" json:"age_days,omitempty"`
	LastUsedDays  int64    `cel:"last_used_days" json:"last_used_days,omitempty"`

	// Not for expressions: what the classes of authenticators ask for.
	AAGUIDProven  bool     `cel:"-" json:"aaguid_proven,omitempty"`  // a trusted signature covers it
	Anchors       []string `cel:"-" json:"anchors,omitempty"`        // that vouch: "mds:42", "pinned:yubico-2024"
	Enterprise    bool     `cel:"-" json:"enterprise,omitempty"`     // the statement names the device
	Hardware      bool     `cel:"-" json:"hardware,omitempty"`       // the key is proven to be in hardware
	Statuses      []string `cel:"-" json:"statuses,omitempty"`       // of the model in the FIDO metadata
	MDSAgeDays    int64    `cel:"-" json:"mds_age_days,omitempty"`   // since the metadata should have been renewed
	ManagedDevice bool     `cel:"-" json:"managed_device,omitempty"` // it was made on a device of the organisation
	Suspended     bool     `cel:"-" json:"suspended,omitempty"`
}

// Where the key may be.
const (
	DeviceBound = "device_bound" // a verified attestation AND BE=0
	Synced      = "synced"       // BE=1
	Unknown     = "unknown"      // BE=0 that nothing proves: treated as synced
)

// Auth is the sign-in that there is: before one, all zero.
type Auth struct {
	AAL      int64  `cel:"aal" json:"aal"`
	Phr      bool   `cel:"phr" json:"phr"`
	ACR      string `cel:"acr" json:"acr,omitempty"` // the strongest
	AgeS     int64  `cel:"age_s" json:"age_s"`
	Method   string `cel:"method" json:"method,omitempty"` // passkey
	Fallback string `cel:"fallback" json:"fallback,omitempty"`
	Recovery bool   `cel:"recovery" json:"recovery,omitempty"`
}

// Device is what asks.
type Device struct {
	ID          string `cel:"id" json:"id,omitempty"`
	Managed     bool   `cel:"managed" json:"managed"`
	Compliant   bool   `cel:"compliant" json:"compliant"` // and the posture that says so is current
	PostureAgeS int64  `cel:"posture_age_s" json:"posture_age_s,omitempty"`
	OS          string `cel:"os" json:"os,omitempty"`
	OSAgeDays   int64  `cel:"os_age_days" json:"os_age_days,omitempty"`
	Known       bool   `cel:"known" json:"known"` // this person used it before
	Shared      bool   `cel:"shared" json:"shared,omitempty"`
	Bind        string `cel:"bind" json:"bind,omitempty"` // cookie, mtls, dbsc: how it is known
}

// Net is where the request comes from.
type Net struct {
	IP      string `cel:"ip" json:"ip,omitempty"`
	ASN     int64  `cel:"asn" json:"asn,omitempty"`
	Country string `cel:"country" json:"country,omitempty"` // ISO 3166-1, two letters
	Zone    string `cel:"zone" json:"zone,omitempty"`       // name of one of the organisation's networks
	Hosting bool   `cel:"hosting" json:"hosting,omitempty"`
}

// App is the application that asks; empty for Holdfast's own pages.
type App struct {
	ID          string `cel:"id" json:"id,omitempty"` // the name that the policy knows it by
	Sensitivity int64  `cel:"sensitivity" json:"sensitivity,omitempty"`
	ACRRequired string `cel:"acr_required" json:"acr_required,omitempty"`

	Operations []string `cel:"-" json:"operations,omitempty"` // what it asks to do: the scopes of its request
}

// Risk is what was noticed.
type Risk struct {
	Score int64    `cel:"score" json:"score"`
	IDs   []string `cel:"ids" json:"ids,omitempty"` // at most 64
}

// Ctx is the circumstances.
type Ctx struct {
	Op        string   `cel:"op" json:"op"`
	Channel   string   `cel:"channel" json:"channel,omitempty"`
	Actor     string   `cel:"actor" json:"actor,omitempty"`
	Approvers []string `cel:"approvers" json:"approvers,omitempty"` // at most 64
	Procedure string   `cel:"-" json:"procedure,omitempty"`         // by which one enrols: "invitation"
}
