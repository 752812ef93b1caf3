package survey

import (
	"sync"

	"holdfast"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/census"
)

// kinds remembers which kinds of findings a shape has. It is good for one
// settled census.
type kinds struct {
	mu sync.Mutex
	by map[uint32][]answer.Finding // rule and severity alone
}

func newKinds() *kinds { return &kinds{by: map[uint32][]answer.Finding{}} }

func (k *kinds) of(shape uint32) ([]answer.Finding, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	list, ok := k.by[shape]
	return list, ok
}

func (k *kinds) put(shape uint32, findings []answer.Finding) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.by[shape]; ok {
		return
	}
	list := []answer.Finding{}
	for _, g := range findings {
		list = append(list, answer.Finding{Rule: g.Rule, Severity: g.Severity})
	}
	k.by[shape] = list
}

// met remembers whose a finding was that somebody was shown: its id is made of
// what it says, and cannot be asked for an account.
type met struct {
	mu  sync.Mutex
	now map[string]holdfast.PersonID
	old map[string]holdfast.PersonID
}

// metMost bounds it: twice as many are remembered.
const metMost = 20000

func (m *met) put(findings []answer.Finding) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now == nil || len(m.now) > metMost {
		m.old, m.now = m.now, map[string]holdfast.PersonID{}
	}
	for _, g := range findings {
		m.now[g.ID] = holdfast.PersonID(g.Account)
	}
}

func (m *met) of(id string) (holdfast.PersonID, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if who, ok := m.now[id]; ok {
		return who, true
	}
	who, ok := m.old[id]
	return who, ok
}

// edited remembers what edits would do to everybody. It is good for one settled
// census.
type edited struct {
	mu sync.Mutex
	by map[string]census.Counted
}

func (m *edited) of(e answer.Edit, count func(answer.Edit) census.Counted) census.Counted {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n, ok := m.by[e.Key()]; ok {
		return n
	}
	n := count(e)
	m.by[e.Key()] = n
	return n
}
