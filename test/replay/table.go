package replay

// How a rule of package rules is replayed.
type How int

const (
	Unlisted How = iota
	Scripted     // an attack goes it
	Outside      // it happens where Holdfast has no say: an attacker who has the body has the head
	NotYet       // the server does not carry it out: nobody can go it
	NoFact       // the organisation has nothing that it reads
)

// Rule is what is said of one.
type Rule struct {
	How How
	Why string // of NotYet and NoFact
}

// Rules lists all. A rule that the model has and this table does not fails the
// test, and so does one that the organisation has no fact for.
var Rules = map[string]Rule{
	"passkey":           {How: Scripted},
	"synced-device":     {How: Scripted},
	"use-copy":          {How: Scripted},
	"link-mailed":       {How: Scripted},
	"link":              {How: Scripted},
	"operator-invite":   {How: Scripted},
	"operator-takeover": {How: Scripted},
	"operator-power":    {How: Scripted},
	"operator-both":     {How: Scripted},
	"token-power":       {How: Scripted},
	"act-dishonest":     {How: Scripted},
	"act-session":       {How: Scripted},
	"bind":              {How: Scripted},
	"restored":          {How: Scripted},
	"moved-passkey":     {How: Scripted},
	"reopened":          {How: Scripted},
	"bound":             {How: Scripted},

	"one-provider":     {How: Outside},
	"synced-copy":      {How: Outside},
	"provider-insider": {How: Outside},
	"sync-sign-in":     {How: Outside},
	"sync-recovery":    {How: Outside},
	"sync-unknown":     {How: Outside},
	"sync-primary":     {How: Outside},
	"sync-power":       {How: Outside},
	"inbox":            {How: Outside},
	"inbox-sign-in":    {How: Outside},
	"inbox-recovery":   {How: Outside},
	"inbox-unknown":    {How: Outside},
	"inbox-power":      {How: Outside},
	"inbox-dns":        {How: Outside},
	"number":           {How: Outside},
	"number-recovery":  {How: Outside},
	"power-sign-in":    {How: Outside},
	"power-recovery":   {How: Outside},
	"way-devices":      {How: Outside},
	"way-device":       {How: Outside},
	"saved-code":       {How: Outside},
	"saved-kept":       {How: Outside},
	"saved-unknown":    {How: Outside},
	"power-unknown":    {How: Outside},
	"power-holders":    {How: Outside},
	"power-check":      {How: Outside},
	"way-power":        {How: Outside},

	"bind-code":                {NotYet, "there is no code by which another device adds a passkey"},
	"recovery-outsider":        {NotYet, "no way back of the policy is carried out by the server"},
	"recovery-insider":         {NotYet, "no way back of the policy is carried out by the server"},
	"enrolment-outsider":       {NotYet, "the server does not ask for the proof of an enrolment: whoever has the link enrols"},
	"enrolment-insider":        {NotYet, "the server does not ask for the approvals of an enrolment: whoever may invite invites"},
	"approval":                 {NotYet, "nobody approves a way back in the server"},
	"approval-unknown":         {NotYet, "nobody approves a way back in the server"},
	"code-channel":             {NotYet, "the server sends no recovery codes"},
	"fallback":                 {NotYet, "the server knows passkeys alone"},
	"desk-reset":               {NotYet, "a desk's reset by hand goes through somebody with a role: see operator-takeover"},
	"approval-accomplices":     {NotYet, "nobody approves a way back in the server"},
	"moved-recovery-outsider":  {NotYet, "no way back of the policy is carried out by the server"},
	"moved-recovery-insider":   {NotYet, "no way back of the policy is carried out by the server"},
	"moved-enrolment-outsider": {NoFact, "no enrolment here is for some people alone"},
	"moved-enrolment-insider":  {NoFact, "no enrolment here is for some people alone"},
	"moved-desk-reset":         {NotYet, "a desk's reset by hand goes through somebody with a role: see operator-takeover"},
	"word":                     {NotYet, "nobody approves a way back in the server"},
	"word-named":               {NotYet, "nobody approves a way back in the server"},
	"moved-fallback":           {NotYet, "the server knows passkeys alone"},

	"approval-taken":     {NoFact, "no pool here has more than six people"},
	"mailed":             {NotYet, "the server sends no recovery codes"},
	"readdressed":        {NotYet, "the server sends no recovery codes"},
	"on-device":          {NoFact, "no passkey here was made on a managed device"},
	"managed-device":     {NoFact, "no passkey here was made on a managed device"},
	"passkey-unverified": {NoFact, "no segment here admits a passkey without user verification"},
	"moved-unverified":   {NoFact, "no segment here admits a passkey without user verification"},
	"root":               {NotYet, "powers over everything are listed apart"},
	"root-holder":        {NotYet, "powers over everything are listed apart"},
}
