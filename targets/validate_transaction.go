package targets

import (
	"fmt"
	"maps"
	"time"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/probe"
)

func (c *checker) transactions(defs []transactionDefinition) {
	if len(defs) == 0 || len(defs) > maxTransactions {
		c.doc.Report("transactions", fmt.Sprintf("%d transactions", len(defs)), fmt.Sprintf("want 1 to %d", maxTransactions))
		return
	}
	for i, def := range defs {
		at := fmt.Sprintf("transactions[%d]", i)
		t := c.transaction(at, def)
		if t.ID != "" && c.system.Transaction(t.ID) != nil {
			c.doc.Report(at+".transaction", fmt.Sprintf("%q is defined already", t.ID), "want each transaction once")
		}
		c.system.Transactions = append(c.system.Transactions, t)
	}
}

func (c *checker) transaction(at string, def transactionDefinition) *probe.Transaction {
	t := &probe.Transaction{
		System:   c.system.ID,
		ID:       parsed(c, at+".transaction", def.Transaction, portolan.ParseTransactionID),
		Title:    c.text(at+".title", def.Title),
		Revision: portolan.RevisionOf(c.system.Source),
		Share:    1,
		Interval: def.Interval, Cron: def.Cron, Zone: def.Zone,
		Latency: def.Latency, Timeout: def.Timeout,
		Retries: def.Retries, RetryAfter: def.RetryAfter,
		Values: c.system.endpointValues(),
		Where:  c.where(at+".where", def.Where, c.system.Where),
	}
	if def.Share != nil {
		t.Share = *def.Share
	}
	c.checkTimes(at, t)
	c.checkSchedule(at, t)
	c.checkAttempts(at, t)
	c.traveler(at+".traveler", def.Traveler, t)
	c.steps(at+".steps", def, t)
	if t.Cron == "" && t.Interval < t.LeastInterval && !c.doc.Faulty(at+".interval") {
		c.doc.Report(at+".interval", fmt.Sprintf("%s is more often than a workstation can bear for these steps", spell(t.Interval)), fmt.Sprintf("want at least %s", spell(t.LeastInterval)))
	}
	return t
}

func (c *checker) checkTimes(at string, t *probe.Transaction) {
	if t.Latency <= 0 {
		c.doc.Report(at+".latency", spell(t.Latency), "want more than 0s")
		return
	}
	if least := timeoutFactor * t.Latency; t.Timeout < least {
		c.doc.Report(at+".timeout",
			fmt.Sprintf("%s is less than twice the latency of %s, so the true duration of slow answers would be lost", spell(t.Timeout), spell(t.Latency)),
			fmt.Sprintf("want at least %s", spell(least)))
	}
}

func (c *checker) checkSchedule(at string, t *probe.Transaction) {
	interval, cron := c.doc.Has(at+".interval"), c.doc.Has(at+".cron")
	switch {
	case interval && cron:
		c.doc.Report(at+".cron", "cron beside interval", "want one of them")
	case !interval && !cron:
		c.doc.Report(at+".interval", "missing", "want interval, a duration such as 60s, or cron")
	case cron:
		c.checkCron(at, t)
		return
	case t.Interval < minInterval:
		c.doc.Report(at+".interval", spell(t.Interval), fmt.Sprintf("want at least %s", minInterval))
	case t.Timeout >= t.Interval && t.Timeout > 0:
		c.doc.Report(at+".timeout",
			fmt.Sprintf("%s is not below the interval of %s, so a run that hangs would displace the next", spell(t.Timeout), spell(t.Interval)),
			fmt.Sprintf("want less than %s, or a longer interval", spell(t.Interval)))
	}
	if c.doc.Has(at + ".zone") {
		c.doc.Report(at+".zone", "zone without cron", "want a zone only where cron is read in it")
	}
}

func (c *checker) checkCron(at string, t *probe.Transaction) {
	if c.options.CheckCron == nil {
		c.doc.Report(at+".cron", "cron expressions are not known here", "want interval")
		return
	}
	if err := c.options.CheckCron(t.Cron, t.Zone); err != nil {
		c.doc.Report(at+".cron", err.Error(), "want minute, hour, day, month and weekday, such as */5 6-22 * * *, and a zone such as America/New_York")
	}
}

func (c *checker) checkAttempts(at string, t *probe.Transaction) {
	if t.Share == 0 {
		c.doc.Report(at+".share", "0", "want at least 1")
	}
	if t.Retries < 0 || t.Retries > maxRetries {
		c.doc.Report(at+".retries", fmt.Sprint(t.Retries), fmt.Sprintf("want 0 to %d", maxRetries))
	}
	switch {
	case t.Retries > 0 && t.RetryAfter < minInterval:
		c.doc.Report(at+".retry_after", spell(t.RetryAfter), fmt.Sprintf("want at least %s between attempts", minInterval))
	case t.Retries == 0 && c.doc.Has(at+".retry_after"):
		c.doc.Report(at+".retry_after", "retry_after without retries", fmt.Sprintf("want retries, 1 to %d", maxRetries))
	}
}

// spell writes a duration as the definition would.
func spell(d time.Duration) string { return strictyaml.FormatDuration(d) }

func (c *checker) traveler(at string, def *travelerDefinition, t *probe.Transaction) {
	if def == nil {
		return
	}
	if def.State != SpecimenState {
		c.doc.Report(at+".state", fmt.Sprintf("issuing state %q", def.State), "want UTO: travelers are specimens only")
	}
	if def.Companions < 0 || def.Companions > maxCompanions {
		c.doc.Report(at+".companions", fmt.Sprint(def.Companions), fmt.Sprintf("want 0 to %d", maxCompanions))
	}
	if def.Document != DocumentUnknown {
		maps.Copy(t.Values, partyValues(def.Seed, def.Document, min(def.Companions, maxCompanions)))
	}
}
