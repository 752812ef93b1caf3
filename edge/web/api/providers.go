package api

import (
	"net/http"

	"holdfast/domain/authority"
	"holdfast/domain/provider"
)

// Provider is somebody who keeps and syncs passkeys, as the policy in force
// knows them.
type Provider struct {
	provider.Profile
	Standing string   `json:"standing" enum:"current,overdue,incomplete" doc:"Only a current profile counts; any other is as good as unknown."`
	Lacks    []string `json:"lacks" nullable:"false" doc:"What it must say and does not."`
}

func (a *API) providers() {
	add(a, operation{id: "list-providers", method: http.MethodGet, path: "/providers", access: by(authority.PolicyRead), tag: "policy", nobodys: true,
		summary: "List the sync providers that the policy in force knows"},
		func(c call, _ *struct{}) (*struct{ Body List[Provider] }, error) {
			p, err := a.Policies.InForce(c, a.Store)
			if err != nil {
				return nil, err
			}
			out := List[Provider]{Items: []Provider{}}
			for _, profile := range p.Profiles().All() {
				out.Items = append(out.Items, Provider{profile, string(profile.Standing(a.Clock())), append([]string{}, profile.Lacks()...)})
			}
			return &struct{ Body List[Provider] }{out}, nil
		})
}
