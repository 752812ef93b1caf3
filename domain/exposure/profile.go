package exposure

// Profile is an adversary: what kinds of atoms they have from the start.
type Profile string

// The adversaries, in the order of the matrix.
const (
	Phisher         Profile = "phisher"          // relays what the person types or reads out
	SIMSwapper      Profile = "sim-swapper"      // takes over the telephone number
	HelpDeskCaller  Profile = "help-desk-caller" // talks people into it
	SyncThief       Profile = "sync-thief"       // has the sign-in factors of the sync account
	Burglar         Profile = "burglar"          // has the devices and keys, and not what unlocks them
	MailAdmin       Profile = "mail-admin"       // reads everybody's mail
	SingleOperator  Profile = "single-operator"  // one dishonest person with a power
	ProviderInsider Profile = "provider-insider" // one dishonest person at a sync provider
)

// Profiles lists them.
func Profiles() []Profile {
	return []Profile{Phisher, SIMSwapper, HelpDeskCaller, SyncThief, Burglar, MailAdmin, SingleOperator, ProviderInsider}
}
