package policy

// User is who a persona is, as expressions see them. Who is not said to hold
// anything holds nothing.
func (p *Persona) User() User {
	u := User{
		ID: p.Name, Groups: p.Groups, Roles: p.Roles, Privileged: p.Privileged, Employment: p.Employment, Title: p.Title,
		Manager: p.Manager, Sponsor: p.Sponsor, IAL: int64(p.IAL),
	}
	if !p.EndDate.IsZero() {
		u.EndDate = p.EndDate.End()
	}
	return u
}
