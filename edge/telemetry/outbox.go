package telemetry

import "github.com/prometheus/client_golang/prometheus"

// OutboxState is how many deliveries of a kind are in a state: waiting,
// failing (waiting after an attempt in vain) or dead (given up).
type OutboxState struct {
	Kind, State string
	N           float64
}

// Outbox shows what is to be delivered, asked of now at each scrape, and what
// this node has delivered: counts are from its start.
func (m *Metrics) Outbox(now func() []OutboxState, delivered, failed, dead func() float64) {
	counter := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value)
	}
	m.registry.MustRegister(outboxCollector{now,
		prometheus.NewDesc("holdfast_outbox_deliveries", "Deliveries in the outbox of all nodes, by kind and state; dead ones were given up.",
			[]string{"kind", "state"}, nil)},
		counter("holdfast_deliveries_total", "Deliveries by this node that arrived.", delivered),
		counter("holdfast_delivery_failures_total", "Attempts of this node to deliver that failed.", failed),
		counter("holdfast_deliveries_dead_total", "Deliveries that this node gave up.", dead))
}

type outboxCollector struct {
	now  func() []OutboxState
	desc *prometheus.Desc
}

func (c outboxCollector) Describe(to chan<- *prometheus.Desc) { to <- c.desc }

func (c outboxCollector) Collect(to chan<- prometheus.Metric) {
	for _, s := range c.now() {
		to <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, s.N, s.Kind, s.State)
	}
}
