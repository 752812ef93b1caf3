package api

import (
	"net/http"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/org"
)

// Settings are what the organisation says of itself. What a deployment needs
// in order to start is in its configuration file.
type Settings struct {
	Name           string   `json:"name"`
	Origin         string   `json:"origin" doc:"Where the door is, and the issuer. From the configuration."`
	RPID           string   `json:"rp_id" doc:"Passkeys are bound to it for ever. From the configuration."`
	RelatedOrigins []string `json:"related_origins" nullable:"false" doc:"Further origins at which the door is served (WebAuthn L3 §5.11)."`
}

// SettingsChange says what to change; what is missing stays.
type SettingsChange struct {
	Name           *string   `json:"name,omitempty" maxLength:"400"`
	RelatedOrigins *[]string `json:"related_origins,omitempty" nullable:"false" doc:"The whole list. A change that takes people's address away is refused with origin_in_use."`
	Confirm        string    `json:"confirm,omitempty" doc:"The words that a refusal with origin_in_use asks for."`
}

type settingsAnswer struct{ Body Settings }

func (a *API) settings() {
	add(a, operation{id: "get-settings", method: http.MethodGet, path: "/settings", access: by(authority.SettingsRead), tag: "settings", nobodys: true,
		summary: "Show the organisation's settings"}, func(c call, _ *struct{}) (*settingsAnswer, error) { return a.shownSettings(c) })
	add(a, operation{id: "change-settings", method: http.MethodPatch, path: "/settings", access: by(authority.SettingsWrite), tag: "settings",
		summary: "Change the organisation's settings", more: "One thing at a time: the name, or the related origins. A new origin takes roles:write as well: whoever runs it can sign people in there."},
		func(c call, in *struct{ Body SettingsChange }) (*settingsAnswer, error) {
			var err error
			switch {
			case in.Body.Name != nil && in.Body.RelatedOrigins != nil:
				err = holdfast.Errorf(holdfast.Invalid, "one_at_a_time", "Change the name and the related origins in two calls, so that each is done or not.")
			case in.Body.Name != nil:
				err = a.Govern.RenameOrganisation(c, c.Actor, *in.Body.Name)
			case in.Body.RelatedOrigins != nil:
				err = a.Govern.SetRelatedOrigins(c, c.Actor, *in.Body.RelatedOrigins, in.Body.Confirm)
			}
			if err != nil {
				return nil, err
			}
			return a.shownSettings(c)
		})
}

func (a *API) shownSettings(c call) (*settingsAnswer, error) {
	s := Settings{Origin: a.Origin, RPID: a.RPID, RelatedOrigins: []string{}}
	name, err := a.Store.Setting(c, org.SettingName)
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return nil, err
	}
	related, err := a.Store.Setting(c, org.SettingRelatedOrigins)
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return nil, err
	}
	s.Name, s.RelatedOrigins = name.Value, append(s.RelatedOrigins, org.RelatedOrigins(related)...)
	return &settingsAnswer{s}, nil
}
