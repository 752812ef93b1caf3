package page

// Settings holds what an administrator may change here.
type Settings struct {
	Frame
	Name      string // of the organisation
	Errors    Errors
	Technical []Pair // origin, RP ID, version, …: read only
}

// Fields are the inputs of the form.
func (s *Settings) Fields() []Field {
	return []Field{{Name: "organisation", Label: "Name of the organisation", Value: s.Name, Required: true,
		Autocomplete: "organization", Error: s.Errors["organisation"], Help: "Shown at sign-in and in every passkey prompt."}}
}

func (*Settings) name() string  { return "settings" }
func (*Settings) shell() string { return "console" }
