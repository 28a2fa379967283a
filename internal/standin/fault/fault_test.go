package fault_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rotunda/internal/standin/fault"
)

func TestFaultsAreChecked(t *testing.T) {
	for _, f := range []fault.Faults{{Status: 200}, {Status: 600}, {Latency: -1}} {
		if err := f.Check(); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
	if err := (fault.Faults{Status: 503, Latency: 1, Down: true}).Check(); err != nil {
		t.Error(err)
	}
}

func TestALatencyIsReadAsText(t *testing.T) {
	var d fault.Duration
	if err := d.UnmarshalText([]byte("fast")); err == nil || !strings.Contains(err.Error(), "20ms") {
		t.Errorf("a latency of fast: %v", err)
	}
	var f fault.Faults
	if err := json.Unmarshal([]byte(`{"latency":"20ms","down":true}`), &f); err != nil || !f.Down || time.Duration(f.Latency) != 20*time.Millisecond {
		t.Errorf("%+v, %v", f, err)
	}
}
