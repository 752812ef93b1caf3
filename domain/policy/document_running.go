package policy

// AccessRule is one rule of conditional access. Without Apps it holds for all.
type AccessRule struct {
	Name string   `yaml:"name,required"`
	Apps []string `yaml:"apps"`
	When Expr     `yaml:"when,required"`
	Then Then     `yaml:"then,required"`
}

// Then is what an access rule does.
type Then struct {
	Deny           bool         `yaml:"deny"`
	Reason         string       `yaml:"reason"`
	Require        *Requirement `yaml:"require"`
	RevokeSessions bool         `yaml:"revoke_sessions"`
	Emit           []Signal     `yaml:"emit"`
}

// Requirement is joined with those of other rules by the maximum.
type Requirement struct {
	AAL        AAL         `yaml:"aal"`
	Phr        bool        `yaml:"phr"`
	ACR        ACR         `yaml:"acr"`
	Reauth     Reauth      `yaml:"reauth"`
	MaxAge     *Duration   `yaml:"max_age"`
	Device     DeviceState `yaml:"device"`
	PostureAge *Duration   `yaml:"posture_age"`
	Network    []string    `yaml:"network"` // zones, one of them
}

// Continuous says when what was decided is decided again.
type Continuous struct {
	Reevaluate     Reevaluate `yaml:"reevaluate"`
	DowngradeFirst bool       `yaml:"downgrade_first"`
}

// Reevaluate is how often, and upon which changes.
type Reevaluate struct {
	Every Duration `yaml:"every"`
	On    []Change `yaml:"on"`
}

// Rollout is how a policy comes into force.
type Rollout struct {
	Stages     []*Stage     `yaml:"stages,required"`
	Gate       Expr         `yaml:"gate"`
	Enforce    Enforce      `yaml:"enforce"`
	Exceptions ExceptionSet `yaml:"exceptions"`
}

// Stage is one step of it.
type Stage struct {
	Name     string      `yaml:"name,required"`
	Groups   []string    `yaml:"groups,required"`
	From     Date        `yaml:"from"`
	After    string      `yaml:"after"`
	MinDays  int         `yaml:"min_days,min=0,max=3650"`
	Mode     RolloutMode `yaml:"mode"`
	Rollback Rollback    `yaml:"rollback"`
}

// Enforce is what the rollout ends with.
type Enforce struct {
	Mode         RolloutMode `yaml:"mode"`
	RequiresPlan bool        `yaml:"requires_plan"`
	PlanMaxAge   Duration    `yaml:"plan_max_age"`
}

// ExceptionSet bounds exceptions.
type ExceptionSet struct {
	MaxDays   int  `yaml:"max_days,min=1,max=366"`
	Approvers int  `yaml:"approvers,min=1,max=16"`
	Counted   bool `yaml:"counted_in_effective_assurance"`
}

// DetectionEntry sets one detection.
type DetectionEntry struct {
	ID        string        `yaml:",key"` // D-01
	Mode      DetectionMode `yaml:"mode"`
	Alpha     float64       `yaml:"alpha,min=0,max=1"`
	MinEvents int           `yaml:"min_events,min=1,max=1000000"`
	MinRatio  float64       `yaml:"min_ratio,min=1,max=1000000"`
	Threshold int           `yaml:"threshold,min=0,max=1000000"`
	Respond   []Response    `yaml:"respond"`
}

// Review is something that somebody looks at again and again.
type Review struct {
	What      ReviewSubject `yaml:"what,required"`
	Every     Duration      `yaml:"every,required"`
	By        Party         `yaml:"by,required"`
	OnSilence OnSilence     `yaml:"on_silence"`
}

// Persona is a person of the assertions.
type Persona struct {
	Name       string   `yaml:",key"`
	Groups     []string `yaml:"groups"`
	Roles      []string `yaml:"roles"`
	Employment string   `yaml:"employment"`
	Privileged bool     `yaml:"privileged"`
	Title      string   `yaml:"title"`
	Manager    string   `yaml:"manager"`
	Sponsor    string   `yaml:"sponsor"`
	EndDate    Date     `yaml:"end_date"`
	IAL        int      `yaml:"ial,min=0,max=3"`
}

// Assertion is a test that the policy carries. It has either Given, one
// situation, or ForAll, many.
type Assertion struct {
	Name   string `yaml:"name,required"`
	Given  *Given `yaml:"given"`
	ForAll ForAll `yaml:"forall"`
	Expect Expr   `yaml:"expect,required"` // allow, need or deny with given; else an expression
}

// Given is one situation.
type Given struct {
	User   string       `yaml:"user,required"` // a persona
	Op     OpWord       `yaml:"op,required"`
	Cred   *GivenCred   `yaml:"cred"`
	Auth   *GivenAuth   `yaml:"auth"`
	Device *GivenDevice `yaml:"device"`
	Net    *GivenNet    `yaml:"net"`
	App    *GivenApp    `yaml:"app"`
	Risk   *GivenRisk   `yaml:"risk"`

	Procedure string `yaml:"procedure"` // by which one enrols or recovers
}

// GivenCred is what is known of the credential in question. Each word is taken
// for proven where attested is true.
type GivenCred struct {
	BE            bool          `yaml:"be"`
	BS            bool          `yaml:"bs"`
	UV            bool          `yaml:"uv"`
	Attested      bool          `yaml:"attested"`
	AAGUID        AAGUID        `yaml:"aaguid"`
	Provider      string        `yaml:"provider"`
	Device        DeviceState   `yaml:"device"` // on which it is made
	Anchor        Trust         `yaml:"anchor"` // that vouches
	Enterprise    bool          `yaml:"enterprise"`
	Hardware      bool          `yaml:"hardware"`
	Certification Certification `yaml:"certification"`
	Statuses      []MDSStatus   `yaml:"statuses"`
	Transports    []Transport   `yaml:"transports"`
	FIPS          bool          `yaml:"fips"`
}

// GivenAuth is the sign-in that there is.
type GivenAuth struct {
	AAL      AAL      `yaml:"aal"`
	Phr      bool     `yaml:"phr"`
	ACR      ACR      `yaml:"acr"`
	Age      Duration `yaml:"age"`
	Method   string   `yaml:"method"`
	Fallback string   `yaml:"fallback"`
	Recovery bool     `yaml:"recovery"`
}

// GivenDevice is what asks.
type GivenDevice struct {
	Managed    bool     `yaml:"managed"`
	Compliant  bool     `yaml:"compliant"`
	PostureAge Duration `yaml:"posture_age"`
	OS         string   `yaml:"os"`
	OSAge      Duration `yaml:"os_age"`
	Known      bool     `yaml:"known"`
	Shared     bool     `yaml:"shared"`
}

// GivenNet is where it asks from.
type GivenNet struct {
	IP      string `yaml:"ip"`
	Country string `yaml:"country"`
	Zone    string `yaml:"zone"`
}

// GivenApp is what it asks for.
type GivenApp struct {
	ID          string `yaml:"id"`
	Sensitivity int    `yaml:"sensitivity,min=0,max=9"`
	ACRRequired ACR    `yaml:"acr_required"`
}

// GivenRisk is what was noticed.
type GivenRisk struct {
	Score int      `yaml:"score,min=0,max=100"`
	IDs   []string `yaml:"ids"`
}
