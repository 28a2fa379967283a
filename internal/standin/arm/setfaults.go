package arm

import "fmt"

// SetFaults replaces the current faults of a resource.
func (s *Server) SetFaults(id string, f Faults) error {
	if err := s.CheckFaults(map[string]Faults{id: f}); err != nil {
		return err
	}
	r, _ := s.find(id) // checked above; resources are not removed
	r.faults.replace(f)
	return nil
}

// CheckFaults returns an error if these faults of resources, by their ids, can't be set.
func (s *Server) CheckFaults(all map[string]Faults) error {
	for id, f := range all {
		if _, found := s.find(id); !found {
			return fmt.Errorf("arm stand-in: there is no resource %s", id)
		}
		if err := f.Check(); err != nil {
			return fmt.Errorf("arm stand-in: %s: %w", id, err)
		}
	}
	return nil
}

// ReplaceFaults sets these faults of resources, by their ids, and clears those of all others. It
// changes nothing if any can't be set.
func (s *Server) ReplaceFaults(all map[string]Faults) error {
	if err := s.CheckFaults(all); err != nil {
		return err
	}
	for _, r := range s.all() {
		r.faults.replace(Faults{})
	}
	for id, f := range all {
		r, _ := s.find(id)
		r.faults.replace(f)
	}
	return nil
}

// Faults returns the current faults of each resource that has any.
func (s *Server) Faults() map[string]Faults {
	found := map[string]Faults{}
	for _, r := range s.all() {
		if f := r.faults.current(); !f.isZero() {
			found[r.id.text] = f
		}
	}
	return found
}
