package screening

import (
	"encoding/json"
	"net/http"
)

// This file holds the steps of TPAC's inspection that rest on other systems' answers, and what comes of them.

func (i inspection) matchManifest(c *Call) (Answer, error) {
	var asked struct {
		Number string `json:"number"`
		Flight string `json:"flight"`
	}
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	if asked.Number == "" || asked.Flight == "" {
		return Answer{}, refuse(http.StatusUnprocessableEntity, "incomplete", "want a document number and a flight")
	}
	return askManifest(c, below("/apis/v1/manifests", asked.Flight)+below("/passengers", asked.Number))
}

// matchVessel is matchManifest at a sea port.
func (i inspection) matchVessel(c *Call) (Answer, error) {
	var asked struct {
		Number string `json:"number"`
		Voyage string `json:"voyage"`
	}
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	if asked.Number == "" || asked.Voyage == "" {
		return Answer{}, refuse(http.StatusUnprocessableEntity, "incomplete", "want a document number and a voyage")
	}
	return askManifest(c, below("/apis/v1/voyages", asked.Voyage)+below("/persons", asked.Number))
}

func askManifest(c *Call, path string) (Answer, error) {
	reply, err := c.Ask(Question{To: "apis", Method: http.MethodGet, Path: path})
	if err != nil {
		return Answer{}, err
	}
	var match matchAnswer
	if err := json.Unmarshal(reply, &match); err != nil {
		return Answer{}, refuse(http.StatusBadGateway, "bad_gateway", "apis answered what cannot be read: %v", err)
	}
	return Answer{http.StatusOK, match}, nil
}

func falseVerification(v *verificationAnswer) { v.Verified, v.Score = false, 0.03 }

func (i inspection) verifyTraveler(c *Call) (Answer, error) {
	var asked struct {
		Number   string `json:"number"`
		Template string `json:"template"`
	}
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	verdict, err := c.verify(asked.Number, asked.Template)
	return Answer{http.StatusOK, verdict}, err
}

type decisionAnswer struct {
	Decision string `json:"decision"`
	Recorded bool   `json:"recorded"`
}

func falseDecision(d *decisionAnswer) { d.Decision = "refer" }

// decide answers as the original would, and records nothing: a probe must not admit anybody.
func (i inspection) decide(c *Call) (Answer, error) {
	var asked struct {
		Query    string `json:"query"`
		Number   string `json:"number"`
		Decision string `json:"decision"`
		Test     bool   `json:"test"`
	}
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	switch {
	case !asked.Test:
		return Answer{}, refuse(http.StatusUnprocessableEntity, "not_a_test", "only a decision marked \"test\": true is taken: nothing may be recorded")
	case asked.Decision != "admit" && asked.Decision != "refer":
		return Answer{}, refuse(http.StatusUnprocessableEntity, "unknown_decision", "decision %.40q: want admit or refer", asked.Decision)
	case !i.sessions.asked(bearer(c), query{asked.Query, asked.Number}):
		return Answer{}, refuse(http.StatusUnprocessableEntity, "unknown_query", "this session has not queried that traveler")
	}
	return Answer{http.StatusOK, decisionAnswer{asked.Decision, false}}, nil
}

// refer sends a traveler to secondary inspection, as a test.
func (i inspection) refer(c *Call, asked record) (record, error) {
	if !i.sessions.asked(bearer(c), query{asked.text("query"), asked.text("number")}) {
		return nil, refuse(http.StatusUnprocessableEntity, "unknown_query", "this session has not queried that traveler")
	}
	id, err := i.place(c, "REF", asked, asked.pick("number", "reason"))
	return asked.pick("number").with(record{"referral": id, "test": true}), err
}

// queue shows a referral as secondary inspection sees it.
func (i inspection) queue(c *Call, asked record) (record, error) {
	referral := i.shelf.get(asked.text("referral"), c.Now)
	if referral == nil {
		return nil, refuse(http.StatusNotFound, "unknown_referral", "no such referral waits")
	}
	return referral.with(record{"referral": asked["referral"], "status": "waiting"}), nil
}
