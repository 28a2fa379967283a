package postgres

import (
	"fmt"

	"rotunda/internal/rotation"
)

// oldestVersion is the first with hashtextextended, in the form of server_version_num.
const oldestVersion = 110000

// ignoresRole lists the minor versions that ignore ALTER ROLE ... SET ROLE. Their fix of
// CVE-2024-10978 broke it; the next minor version restored it (release notes of 12.22, 13.18,
// 14.15, 15.10, 16.6 and 17.2, "Restore functionality of ALTER {ROLE|DATABASE} SET role").
var ignoresRole = map[int]bool{120021: true, 130017: true, 140014: true, 150009: true, 160005: true, 170001: true}

// keepsRole lists the first minor version of each major one in which DISCARD ALL leaves the role
// that ALTER ROLE ... SET ROLE set. Before CVE-2024-10978 was fixed, it set the role to none.
var keepsRole = map[int]int{11: 99, 12: 22, 13: 18, 14: 15, 15: 10, 16: 6, 17: 2}

func losesRoleByDiscard(version int) bool { return version%10000 < keepsRole[version/10000] }

// checkVersion returns what keeps a server of this version from the class.
func (t target) checkVersion(version int) (warnings []string, err error) {
	switch {
	case version < oldestVersion:
		return nil, rotation.Temporaryf("The server is PostgreSQL %s. Rotation needs version 11 or later.", versionText(version))
	case t.class != rotation.Alternating:
		return nil, nil
	case ignoresRole[version]:
		return nil, rotation.Temporaryf("The server is PostgreSQL %s, which ignores ALTER ROLE ... SET ROLE, so the two logins of class A could not act as their owner. Update the server to its next minor version.", versionText(version))
	case losesRoleByDiscard(version):
		return []string{"The server is PostgreSQL " + versionText(version) + ", in which DISCARD ALL ends the acting as the owner: what a reader creates after it belongs to the login itself. " +
			"Connection pools run DISCARD ALL. Update the server to the latest minor version."}, nil
	}
	return nil, nil
}

// versionText returns a server_version_num as people know it: 150018 is 15.18.
func versionText(version int) string { return fmt.Sprintf("%d.%d", version/10000, version%10000) }
