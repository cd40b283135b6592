package browser

import (
	"slices"
	"strings"
)

// withoutSecrets returns an environment for the driver, and for the browser that it starts: without the variables that
// hold secrets or say where they are. The driver is told the one that an action types, and nothing runs pages that could
// read another.
func withoutSecrets(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(variable string) bool {
		variable = strings.ToUpper(variable) // Windows does not tell them apart
		return strings.HasPrefix(variable, "PORTOLAN_SECRET_") || strings.HasPrefix(variable, "CREDENTIALS_DIRECTORY=")
	})
}
