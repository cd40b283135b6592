package screening

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
)

// This file holds the steps of TPAC's inspection that rest on other systems' answers.

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
	path := "/apis/v1/manifests/" + url.PathEscape(asked.Flight) + "/passengers/" + url.PathEscape(asked.Number)
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

type verificationAnswer struct {
	Verified bool    `json:"verified"`
	Score    float64 `json:"score"`
}

func falseVerification(v *verificationAnswer) { v.Verified, v.Score = false, 0.03 }

func (i inspection) verify(c *Call) (Answer, error) {
	var asked struct {
		Number   string `json:"number"`
		Template string `json:"template"`
	}
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	if _, err := base64.StdEncoding.DecodeString(asked.Template); err != nil || asked.Number == "" || asked.Template == "" {
		return Answer{}, refuse(http.StatusUnprocessableEntity, "incomplete", "want a document number and a template in base64")
	}
	question, err := xml.Marshal(verifyRequest(asked.Number, asked.Template))
	if err != nil {
		return Answer{}, err
	}
	reply, err := c.Ask(Question{To: "ident", Method: http.MethodPost, Path: "/ident/v1/verification", Type: soapType, Body: question})
	if err != nil {
		return Answer{}, err
	}
	var envelope soapEnvelope
	if err := xml.Unmarshal(reply, &envelope); err != nil || envelope.Body.Response == nil {
		return Answer{}, refuse(http.StatusBadGateway, "bad_gateway", "ident answered what cannot be read")
	}
	return Answer{http.StatusOK, verificationAnswer(*envelope.Body.Response)}, nil
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
