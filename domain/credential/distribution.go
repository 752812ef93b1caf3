package credential

// Distribution is where a credential's private key may be. While no
// attestation is trusted, the authenticator's own word (BE) is a claim, so
// "this device only" is never proven.
type Distribution string

const (
	Synced         Distribution = "synced"      // BE=1: the authenticator says that the key leaves the device
	DeviceUnproven Distribution = "device only" // BE=0: it says that it does not; nothing proves it
)

// Distribution of r.
func (r Record) Distribution() Distribution {
	if r.BE {
		return Synced
	}
	return DeviceUnproven
}

// Label says it in the words that people see.
func (d Distribution) Label() string {
	if d == Synced {
		return "synced"
	}
	return "this device only, not proven"
}
