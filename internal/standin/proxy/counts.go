package proxy

import "maps"

// Counts are the CONNECT requests so far, by requested host and port.
type Counts struct {
	Connected map[string]int64 `json:"connected"`
	Refused   map[string]int64 `json:"refused"`
}

// Counts returns the numbers since the start or since ResetCounts.
func (p *Proxy) Counts() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := Counts{Connected: map[string]int64{}, Refused: map[string]int64{}} // not nil: JSON shows {}
	maps.Copy(counts.Connected, p.counts.Connected)
	maps.Copy(counts.Refused, p.counts.Refused)
	return counts
}

// ResetCounts resets the counts. Tunnels stay open.
func (p *Proxy) ResetCounts() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts = Counts{}
}

// record counts and logs a CONNECT, whether it was allowed or not.
func (p *Proxy) record(target string, connected bool) {
	p.log.Info("CONNECT", "target", target, "connected", connected)
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := &p.counts.Refused
	if connected {
		counts = &p.counts.Connected
	}
	if *counts == nil {
		*counts = map[string]int64{}
	}
	(*counts)[target]++
}
