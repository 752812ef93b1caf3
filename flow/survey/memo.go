package survey

import (
	"sync"

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
