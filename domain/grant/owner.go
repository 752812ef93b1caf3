package grant

import "slices"

// DemandsDiffer says whether a and b demand something else of people, may do
// something else, or belong to somebody else: what an owner of an application
// may not change, since they could weaken it for themselves. Both are taken as
// they would be settled: a preset brings hosts and ways of proof with it.
func DemandsDiffer(a, b Draft) bool {
	a, b = a.suited(), b.suited()
	return a.ThirdParty != b.ThirdParty || a.RequirePAR != b.RequirePAR || a.RequireDPoP != b.RequireDPoP ||
		a.MinAAL != b.MinAAL || a.RequireACR != b.RequireACR || a.MaxAge != b.MaxAge ||
		a.AuthMethod != b.AuthMethod || a.Confidential != b.Confidential ||
		!slices.Equal(a.Groups, b.Groups) || !slices.Equal(a.Kinds, b.Kinds) ||
		!slices.Equal(a.Owners, b.Owners) || !slices.Equal(a.Domains, b.Domains)
}

// Allows says whether the application exists and may use a further grant type.
func (a App) Allows(kind string) bool { return a.Live() && slices.Contains(a.Kinds, kind) }
