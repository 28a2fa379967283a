package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"rotunda/internal/rotation"
)

// The app settings of rotation.
const (
	settingSweepSchedule = "ROTATION_SWEEP_SCHEDULE" // the host's, named in sweep/function.json
	settingLeadDays      = "ROTATION_LEAD_DAYS"
	settingGrace         = "ROTATION_GRACE"
	settingCooldown      = "ROTATION_COOLDOWN"
	settingLockAccount   = "ROTATION_LOCK_ACCOUNT"
	settingLockFolder    = "ROTATION_LOCK_FOLDER"
	settingProviderHosts = "ROTATION_PROVIDER_HOSTS"
)

// Settings that say where the host keeps its own things, and how long it lets a function run.
const (
	settingStorageAccount  = "AzureWebJobsStorage__accountName"
	settingAppRoot         = "FUNCTIONS_APP_ROOT_PATH"
	settingFunctionTimeout = "AzureFunctionsJobHost__functionTimeout"
)

const (
	maxGrace         = 90 * 24 * time.Hour
	standardCooldown = 10 * time.Minute
	// eventPatience is how long one attempt may take: Event Grid waits 30 s for an answer (articles/event-grid/delivery-and-retry.md).
	eventPatience = 25 * time.Second
	// standardTimeout is the host's where host.json says nothing, on Flex Consumption and Premium.
	standardTimeout = 30 * time.Minute
)

// rotationConfig is what the engine and its locks need.
type rotationConfig struct {
	policy                  rotation.Policy
	lockAccount, lockFolder string
	sweeps                  bool // the host has a schedule for sweep
}

func loadRotationConfig(getenv func(string) string) (rotationConfig, error) {
	c := rotationConfig{lockAccount: getenv(settingLockAccount), lockFolder: getenv(settingLockFolder), sweeps: getenv(settingSweepSchedule) != ""}
	if c.lockAccount == "" && c.lockFolder == "" {
		c.lockAccount = getenv(settingStorageAccount)
	}
	c.policy.Hosts = rotation.Hosts(getenv(settingProviderHosts))
	leadDays := 0
	limit, timeoutErr := functionTimeout(getenv)
	err := errors.Join(
		timeoutErr,
		number(getenv, settingLeadDays, 30, &leadDays),
		duration(getenv, settingGrace, 24*time.Hour, maxGrace, &c.policy.Grace),
		duration(getenv, settingCooldown, max(standardCooldown, 2*limit), maxGrace, &c.policy.Cooldown),
		c.checkLock(),
	)
	c.policy.Lead = time.Duration(leadDays) * 24 * time.Hour
	c.policy.Limit = min(eventPatience, limit*4/5) // never into functionTimeout, which costs the whole handler its life
	if err == nil && c.policy.Cooldown <= limit {
		err = fmt.Errorf("%s is %s: it must be longer than functionTimeout in host.json, which is %s. An invocation that the host has not ended yet must find no newer rotation",
			settingCooldown, c.policy.Cooldown, limit)
	}
	return c, err
}

var storageAccount = regexp.MustCompile(`^[a-z0-9]{3,24}$`)

func (c *rotationConfig) checkLock() error {
	switch {
	case c.lockAccount != "" && c.lockFolder != "":
		return fmt.Errorf("%s and %s are both set: keep the account in Azure, and the folder on one machine", settingLockAccount, settingLockFolder)
	case c.lockAccount != "" && !storageAccount.MatchString(c.lockAccount):
		return fmt.Errorf("%s is %q: it must be the name of a storage account, 3 to 24 lower-case letters and digits", settingLockAccount, c.lockAccount)
	}
	return nil
}

// functionTimeout is how long the host lets a function run: its setting, or else what host.json in the app root says.
func functionTimeout(getenv func(string) string) (time.Duration, error) {
	text := getenv(settingFunctionTimeout)
	if root := getenv(settingAppRoot); text == "" && root != "" {
		var host struct {
			FunctionTimeout string `json:"functionTimeout"`
		}
		content, err := os.ReadFile(filepath.Join(root, "host.json"))
		if err == nil {
			err = json.Unmarshal(content, &host)
		}
		if err != nil {
			return standardTimeout, fmt.Errorf("host.json in %s can't be read: %w", settingAppRoot, err)
		}
		text = host.FunctionTimeout
	}
	if text == "" {
		return standardTimeout, nil
	}
	return parseTimeSpan(text)
}

// parseTimeSpan reads hh:mm:ss. The host takes more forms; a timeout needs none of them.
func parseTimeSpan(text string) (time.Duration, error) {
	var span time.Duration
	parts := strings.Split(text, ":")
	for _, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || len(parts) != 3 {
			return standardTimeout, fmt.Errorf("functionTimeout is %q: rotation needs a bound such as 00:05:00", text)
		}
		span = span*60 + time.Duration(n)*time.Second
	}
	if span <= 0 {
		return standardTimeout, fmt.Errorf("functionTimeout is %q: rotation needs a bound such as 00:05:00", text)
	}
	return span, nil
}
