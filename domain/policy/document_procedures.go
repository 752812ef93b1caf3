package policy

// Procedure is a way to a credential: one that is lost (recovery) or the first
// (enrolment). Its Steps are all needed.
type Procedure struct {
	Name         string       `yaml:",key"`
	When         Expr         `yaml:"when"` // enrolment: where it may be used
	Yields       Yields       `yaml:"yields,required"`
	Steps        []*Step      `yaml:"steps,required"`
	Independence Independence `yaml:"independence"`
	Delay        Delay        `yaml:"delay"`
	Notify       Notify       `yaml:"notify"`
	Limits       RateLimits   `yaml:"limits"`
	After        After        `yaml:"after"`
	Code         *Code        `yaml:"code"`                   // enrolment: the code that carries it to the device
	MustBind     int          `yaml:"must_bind,min=0,max=32"` // enrolment: how many authenticators come of it
	Stock        *Stock       `yaml:"stock"`                  // enrolment: the keys that are handed out
}

// Yields is what a procedure gives.
type Yields struct {
	AAL        AAL             `yaml:"aal,required"`
	Capability YieldCapability `yaml:"capability,required"`
}

// Step is one of its four.
type Step struct {
	Proof   *Proof      `yaml:"proof"`
	Approve *Approve    `yaml:"approve"`
	Code    *Code       `yaml:"code"`
	Device  *DeviceStep `yaml:"device"`
}

// Proof is of who somebody is.
type Proof struct {
	Kind    ProofKind  `yaml:"kind,required"`
	IAL     int        `yaml:"ial,min=1,max=3"`
	Match   ProofMatch `yaml:"match"`
	Capture ProofMatch `yaml:"capture"`
	Reuse   Duration   `yaml:"reuse"` // how old a proof may be that was made for something else
}

// Approve is a decision by K people of a pool.
type Approve struct {
	K           int     `yaml:"k,required,min=1,max=16"`
	From        Party   `yaml:"from,required"`
	Independent bool    `yaml:"independent"` // of each other
	NotIn       []Party `yaml:"not_in"`
	MinAAL      AAL     `yaml:"min_aal"`
}

// Code is something that is told and typed.
type Code struct {
	Kind      CodeKind    `yaml:"kind"`
	Bits      int         `yaml:"bits,min=0,max=256"`
	Channel   ChannelList `yaml:"channel"`
	TTL       Duration    `yaml:"ttl"`
	TTLEmail  Duration    `yaml:"ttl_email"`
	TTLSMS    Duration    `yaml:"ttl_sms"`
	SingleUse bool        `yaml:"single_use"`
}

// DeviceStep is a device that proves itself.
type DeviceStep struct {
	Certificate DeviceCertificate `yaml:"certificate,required"`
	SingleUse   bool              `yaml:"single_use"`
}

// Delay is time in which the person concerned can say no.
type Delay struct {
	Hold      Duration `yaml:"hold"`
	Contest   bool     `yaml:"contest"`
	WaiveWhen Expr     `yaml:"waive_when"`
}

// Notify says who hears of it.
type Notify struct {
	To          NotifyTo  `yaml:"to"`
	Postal      bool      `yaml:"postal"`
	Also        PartyList `yaml:"also"`
	Independent bool      `yaml:"independent"` // by an address that the operation cannot reach
}

// PartyList lets a single one stand for a list of it.
type PartyList []Party

// OneOrMore lets a single party stand for a list of it.
func (PartyList) OneOrMore() {}

// RateLimits bound how often it may be tried.
type RateLimits struct {
	PerSubject Rate `yaml:"per_subject"`
	PerOfficer Rate `yaml:"per_officer"`
	PerTenant  Rate `yaml:"per_tenant"`
	Attempts   int  `yaml:"attempts,min=1,max=100"` // wrong codes
}

// After is what follows.
type After struct {
	RevokeSessions             bool     `yaml:"revoke_sessions"`
	QuarantineNewAuthenticator Duration `yaml:"quarantine_new_authenticator"`
}

// Stock is the keys that are handed out.
type Stock struct {
	Keys         string `yaml:"keys,required"`
	RecordSerial bool   `yaml:"record_serial"`
}
