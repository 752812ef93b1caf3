package policy

// The words that a key takes. Words lists them; the first is not a default: a
// key that is not written is the empty word.
type (
	EquivalenceMode    string
	Distribution       string
	Conveyance         string
	UserVerification   string
	Transport          string
	EnrolFrom          string
	Certification      string
	MDSStatus          string
	ProviderKind       string
	ProviderAccess     string
	ProviderStatus     string
	Sharing            string
	SyncRule           string
	RecoveryTaste      string
	ACR                string
	EndDateRule        string
	Every              string
	Reauth             string
	SessionBind        string
	FallbackKind       string
	FallbackCapability string
	YieldCapability    string
	Independence       string
	ProofKind          string
	ProofMatch         string
	CodeKind           string
	Channel            string
	DeviceCertificate  string
	Signal             string
	DeviceState        string
	Change             string
	RolloutMode        string
	Rollback           string
	DetectionMode      string
	Response           string
	ReviewSubject      string
	OnSilence          string
	OpWord             string
)

// ChannelList lets a single channel stand for a list of it.
type ChannelList []Channel

// OneOrMore lets a single channel stand for a list of it.
func (ChannelList) OneOrMore() {}

func words(w ...string) []string { return w }

func (EquivalenceMode) Words() []string  { return words("strict", "nist") }
func (Distribution) Words() []string     { return words("device_bound", "synced", "any") }
func (Conveyance) Words() []string       { return words("none", "indirect", "direct", "enterprise") }
func (UserVerification) Words() []string { return words("required", "preferred", "discouraged") }
func (Transport) Words() []string {
	return words("usb", "nfc", "ble", "hybrid", "internal", "smart-card") // WebAuthn L3 §5.8.4
}
func (EnrolFrom) Words() []string { return words("any", "managed_device") }

// Words are those of FIDO MDS 3.1 §3.1.4, weakest first.
func (Certification) Words() []string {
	return words("FIDO_CERTIFIED", "FIDO_CERTIFIED_L1", "FIDO_CERTIFIED_L1plus", "FIDO_CERTIFIED_L2",
		"FIDO_CERTIFIED_L2plus", "FIDO_CERTIFIED_L3", "FIDO_CERTIFIED_L3plus")
}

// Rank orders certifications; 0 is none. FIDO_CERTIFIED is the old name of L1.
func (c Certification) Rank() int {
	switch c {
	case "FIDO_CERTIFIED", "FIDO_CERTIFIED_L1":
		return 1
	case "FIDO_CERTIFIED_L1plus":
		return 2
	case "FIDO_CERTIFIED_L2":
		return 3
	case "FIDO_CERTIFIED_L2plus":
		return 4
	case "FIDO_CERTIFIED_L3":
		return 5
	case "FIDO_CERTIFIED_L3plus":
		return 6
	}
	return 0
}

// Words are the states of FIDO MDS 3.1 §3.1.4 that speak against a model.
func (MDSStatus) Words() []string {
	return words("NOT_FIDO_CERTIFIED", "SELF_ASSERTION_SUBMITTED", "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE",
		"USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE", "UPDATE_AVAILABLE", "RETIRED", "REVOKED")
}
func (ProviderKind) Words() []string       { return words("own", "os", "browser", "manager") }
func (ProviderAccess) Words() []string     { return words("aal1", "aal2", "aal2-phr", "aal3", "unknown") }
func (ProviderStatus) Words() []string     { return words("observed", "declared", "assumed") }
func (Sharing) Words() []string            { return words("off", "family", "team", "anyone", "unknown") }
func (SyncRule) Words() []string           { return words("forbid", "allow") }
func (RecoveryTaste) Words() []string      { return words("narrow", "broad") }
func (ACR) Words() []string                { return words("phrh", "phr", "aal3", "aal2", "aal1") }
func (EndDateRule) Words() []string        { return words("required", "optional") }
func (Every) Words() []string              { return words("daily", "weekly", "monthly") }
func (Reauth) Words() []string             { return words("full", "same-factor") }
func (SessionBind) Words() []string        { return words("none", "dbsc", "mtls", "dbsc-or-mtls") }
func (FallbackCapability) Words() []string { return words("enrol-first", "full") }
func (YieldCapability) Words() []string    { return words("bind-only", "sign-in") }
func (Independence) Words() []string       { return words("required") }
func (FallbackKind) Words() []string {
	return words("totp+password", "sms+password", "push+password", "password", "email-code", "saved-code")
}
func (ProofKind) Words() []string {
	return words("onsite-attended", "onsite-unattended", "remote-video", "remote-unattended", "knowledge-questions")
}
func (ProofMatch) Words() []string {
	return words("stored-portrait", "stored-biometric", "portrait", "biometric")
}
func (CodeKind) Words() []string { return words("saved", "issued") }
func (Channel) Words() []string {
	return words("any_verified", "email", "sms", "voice", "postal", "qr", "manual")
}
func (DeviceCertificate) Words() []string { return words("mdm", "device-ca") }

// Words are event types of CAEP and RISC that can be sent.
func (Signal) Words() []string {
	return words("caep.session-revoked", "caep.token-claims-change", "caep.credential-change", "caep.assurance-level-change",
		"caep.device-compliance-change", "caep.risk-level-change", "risc.account-disabled", "risc.account-enabled",
		"risc.credential-compromise", "risc.recovery-activated")
}
func (DeviceState) Words() []string { return words("any", "managed", "compliant") }
func (Change) Words() []string {
	return words("posture", "risk", "group", "credential", "policy", "ssf", "mds", "provider", "employment")
}
func (RolloutMode) Words() []string {
	return words("off", "observe", "enforce-new", "enforce", "fido-only")
}
func (Rollback) Words() []string      { return words("auto", "manual") }
func (DetectionMode) Words() []string { return words("off", "report", "alert", "respond") }
func (Response) Words() []string {
	return words("notify-soc", "notify-user", "notify-all-addresses", "freeze-fallback-for-group", "refuse-fallback",
		"open-case", "quarantine-credential", "suspend-credential", "suspend-operator-power", "revoke-sessions", "step-up",
		"hold", "raise-recovery")
}
func (ReviewSubject) Words() []string {
	return words("recovery-procedures", "operators-and-powers", "provider-profiles", "contractors", "segments", "fallbacks",
		"exceptions", "detections", "break-glass")
}
func (OnSilence) Words() []string { return words("revoke", "assume-unknown", "keep", "open-case") }
func (OpWord) Words() []string {
	var out []string
	for _, o := range Ops() {
		out = append(out, string(o))
	}
	return out
}
