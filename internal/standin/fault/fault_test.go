package fault_test

import (
	"encoding/json"
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
	var f fault.Faults
	if err := json.Unmarshal([]byte(`{"latency":"fast"}`), &f); err == nil {
		t.Error("a latency of \"fast\" was accepted")
	}
	if err := json.Unmarshal([]byte(`{"latency":"20ms","down":true}`), &f); err != nil || !f.Down || time.Duration(f.Latency) != 20*time.Millisecond {
		t.Errorf("%+v, %v", f, err)
	}
}
