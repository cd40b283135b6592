package browser

import (
	"slices"
	"testing"
)

func TestWithoutSecrets(t *testing.T) {
	t.Parallel()
	given := []string{"PATH=/bin", "PORTOLAN_SECRET_TPAC_LOGIN=marked", "portolan_secret_x=marked", "CREDENTIALS_DIRECTORY=/run/x", "HOME=/root", "PORTOLAN_DATA=/d"}
	if got, want := withoutSecrets(given), []string{"PATH=/bin", "HOME=/root", "PORTOLAN_DATA=/d"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if given[1] != "PORTOLAN_SECRET_TPAC_LOGIN=marked" {
		t.Error("the agent's own environment was changed")
	}
}
