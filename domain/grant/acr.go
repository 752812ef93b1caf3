package grant

import "slices"

// ChooseACR is the acr claim: the first requested value that is met, else the
// strongest that is true. met lists what is true of the sign-in, the strongest
// first. Nothing that is not true is ever said.
func ChooseACR(requested, met []string) string {
	for _, r := range requested {
		if slices.Contains(met, r) {
			return r
		}
	}
	if len(met) == 0 {
		return ""
	}
	return met[0]
}

// Meets says whether one of the requested values is met. No request is met by
// anything.
func Meets(requested, met []string) bool {
	return len(requested) == 0 || slices.ContainsFunc(requested, func(r string) bool { return slices.Contains(met, r) })
}
