package page

import "net/url"

// The addresses that pages link to and post to. Ids are escaped where they are
// put together, by the functions below.
const (
	PathAssets = "/assets/"

	PathSignIn    = "/signin"
	PathEnrol     = "/enrol" // the ticket is in the fragment
	PathSetup     = "/setup" // the ticket is in the fragment
	PathWelcome   = "/welcome"
	PathSignOut   = "/signout"
	PathSignedOut = "/signedout"

	PathHome     = "/"
	PathPasskeys = "/me/passkeys"
	PathSessions = "/me/sessions"

	PathConsole      = "/console"
	PathPeople       = "/console/people"
	PathGroups       = "/console/groups"
	PathInvitations  = "/console/invitations"
	PathApplications = "/console/applications"
	PathAllSessions  = "/console/sessions"
	PathAudit        = "/console/audit"
	PathSettings     = "/console/settings"
	PathCredentials  = "/console/credentials"
	PathTokens       = "/console/tokens"
	PathSearch       = "/console/search"
	PathDevices      = "/console/devices"

	PathPolicy       = "/console/policy"
	PathPolicyEdit   = "/console/policy/edit"
	PathRevisions    = "/console/policy/revisions"
	PathDecisions    = "/console/policy/decisions"
	PathReplacements = "/console/policy/replacements"
	PathFindings     = "/console/policy/findings"
	PathMetadata     = "/console/policy/metadata"
	PathProviders    = "/console/policy/providers"

	PathExposure         = "/console/exposure"
	PathExposed          = "/console/exposure/accounts"
	PathBlast            = "/console/exposure/blast"
	PathExposureFindings = "/console/exposure/findings"
	PathResidual         = "/console/exposure/residual"
	PathSurroundings     = "/console/surroundings"

	PathMail = "/demo/mail"
)

// at joins a base and further parts, each escaped as one path segment.
func at(base string, parts ...string) string {
	for _, p := range parts {
		base += "/" + url.PathEscape(p)
	}
	return base
}

// PersonPath is the console's address of a person, or of a verb on one:
// PersonPath(id, "suspend").
func PersonPath(id string, verb ...string) string { return under(PathPeople, id, verb) }

// GroupPath is the console's address of a group or of a verb on one.
func GroupPath(id string, verb ...string) string { return under(PathGroups, id, verb) }

// ApplicationPath is the console's address of an application or of a verb on one.
func ApplicationPath(id string, verb ...string) string { return under(PathApplications, id, verb) }

// AuditPath is the console's address of one audit record.
func AuditPath(index string) string { return at(PathAudit, index) }

// CredentialPath is the console's address of a passkey.
func CredentialPath(id string, verb ...string) string { return under(PathCredentials, id, verb) }

// RevisionPath is the console's address of a revision of the policy, or of a
// verb on one.
func RevisionPath(id string, verb ...string) string { return under(PathRevisions, id, verb) }

// DecisionPath is the console's address of a decision.
func DecisionPath(id string) string { return at(PathDecisions, id) }

// SurroundingPath is the console's address of a verb on a declaration.
func SurroundingPath(id string, verb ...string) string { return under(PathSurroundings, id, verb) }

func under(base, id string, verb []string) string {
	return at(base, append([]string{id}, verb...)...)
}
