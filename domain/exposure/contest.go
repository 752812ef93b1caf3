package exposure

import "time"

// Holds that give somebody the time to notice.
const (
	dayHold   = 24 * time.Hour
	threeDays = 72 * time.Hour
)

// contest is how well an edge can be contested by somebody whose attacker has
// come as far as w: only a channel counts that the attacker does not hold. Each
// grade has what those below it have.
func (n *Net) contest(e *edge, w *walk) Contest {
	held := func(name string) bool { i, ok := n.index[name]; return ok && w.has[i] }
	told := false
	for _, channel := range e.Notify {
		told = told || !held(channel)
	}
	switch {
	case !told:
		return C0
	case e.Hold < dayHold || !e.Contest:
		return C1
	case e.Hold >= threeDays || e.Approver != "" && !held(e.Approver):
		return C3
	}
	return C2
}
