package rotation

// Underway is the error of a Regenerator whose provider has accepted a request and is still
// working on it. The request must not be repeated meanwhile: it would make another value.
type Underway struct {
	*Fault
	// Operation is how Await asks the provider about it, such as a URL. It holds no secret, and has
	// at most MaxNote bytes. "" means that the provider did not name it, or does not tell about it.
	// Await may return another one, by which it is asked the next time.
	Operation string
}

func (u *Underway) Unwrap() error { return u.Fault }
