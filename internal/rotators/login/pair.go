package login

// The names of a pair's logins end in these.
const (
	SuffixA = "_a"
	SuffixB = "_b"
)

// Pair is the two logins that take turns in class A: <role>_a and <role>_b.
type Pair struct{ Role string }

// String names the two.
func (p Pair) String() string { return p.Role + SuffixA + " and " + p.Role + SuffixB }

// Next returns the login that comes after current. Its first is <role>_a.
func (p Pair) Next(current string) string {
	if current == p.Role+SuffixA {
		return p.Role + SuffixB
	}
	return p.Role + SuffixA
}

// Includes reports whether user is one of the two, and not a login that a first rotation replaces.
func (p Pair) Includes(user string) bool { return user == p.Role+SuffixA || user == p.Role+SuffixB }
