package screening

import (
	"encoding/base64"
	"encoding/xml"
	"math"
	"net/http"
	"time"
)

const (
	soapType  = "text/xml; charset=utf-8"
	soapSpace = "http://schemas.xmlsoap.org/soap/envelope/"
)

// soapEnvelope is a message to IDENT or its answer.
type soapEnvelope struct {
	XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
	Body    soapBody `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
}

type soapBody struct {
	Verify   *verifyQuestion `xml:"urn:portolan:sim:ident:1 Verify"`
	Response *verifyResponse `xml:"urn:portolan:sim:ident:1 VerifyResponse"`
	Fault    *soapFault      `xml:"http://schemas.xmlsoap.org/soap/envelope/ Fault"`
}

type verifyQuestion struct {
	Subject  string `xml:"Subject"`
	Template string `xml:"Template"`
}

type verifyResponse struct {
	Verified bool    `xml:"Verified"`
	Score    float64 `xml:"Score"`
}

type soapFault struct {
	Code   string `xml:"faultcode"`
	Reason string `xml:"faultstring"`
}

func verifyRequest(subject, template string) soapEnvelope {
	return soapEnvelope{Body: soapBody{Verify: &verifyQuestion{subject, template}}}
}

// ident is IDENT, the biometric match, spoken to in SOAP as the original.
func ident() System {
	return System{
		ID:    "ident",
		Title: "Automated Biometric Identification System",
		Routes: []Route{
			{"verification", "POST /ident/v1/verification", 550 * time.Millisecond, soap(verifySubject), wrongVerification},
		},
	}
}

// A template's quality is how many distinct values its bytes have; one that is nearly uniform, as from a dry
// finger, does not verify.
const (
	enoughValues = 8
	bestScore    = 0.99
	scoreNoise   = 0.02
	leastScore   = 0.8
)

// verifySubject verifies a synthetic pattern one to one.
func verifySubject(c *Call, asked verifyQuestion) (verifyResponse, *soapFault) {
	pattern, err := base64.StdEncoding.DecodeString(asked.Template)
	if err != nil || len(pattern) == 0 || asked.Subject == "" {
		return verifyResponse{}, &soapFault{"soap:Client", "want a subject and a template in base64"}
	}
	values := map[byte]bool{}
	for _, b := range pattern {
		values[b] = true
	}
	quality := min(1, float64(len(values))/enoughValues)
	noise := math.Abs(c.Draw("score").NormFloat64()) * scoreNoise
	score := max(0, math.Round(100*(quality*bestScore-min(noise, 3*scoreNoise)))/100)
	return verifyResponse{score >= leastScore, score}, nil
}

// wrongVerification turns the verdict round.
func wrongVerification(a Answer) Answer {
	text, ok := a.Body.(Text)
	var envelope soapEnvelope
	if !ok || xml.Unmarshal([]byte(text.Content), &envelope) != nil || envelope.Body.Response == nil {
		return a
	}
	r := envelope.Body.Response
	r.Verified, r.Score = !r.Verified, math.Round(100*(1-r.Score))/100
	return Answer{a.Status, soapText(soapEnvelope{Body: soapBody{Response: r}})}
}

// soap serves a verification in a SOAP 1.1 envelope.
func soap(serve func(*Call, verifyQuestion) (verifyResponse, *soapFault)) func(*Call) (Answer, error) {
	return func(c *Call) (Answer, error) {
		body, err := c.Body()
		if err != nil {
			return Answer{}, err
		}
		var envelope soapEnvelope
		if err := xml.Unmarshal(body, &envelope); err != nil || envelope.Body.Verify == nil {
			return faultAnswer(&soapFault{"soap:Client", "want a SOAP 1.1 envelope with Verify in its body"}), nil
		}
		response, fault := serve(c, *envelope.Body.Verify)
		if fault != nil {
			return faultAnswer(fault), nil
		}
		return Answer{http.StatusOK, soapText(soapEnvelope{Body: soapBody{Response: &response}})}, nil
	}
}

// faultAnswer is a SOAP fault; HTTP says 500 for every one.
func faultAnswer(f *soapFault) Answer {
	return Answer{http.StatusInternalServerError, soapText(soapEnvelope{Body: soapBody{Fault: f}})}
}

func soapText(e soapEnvelope) Text {
	content, err := xml.Marshal(e)
	if err != nil {
		return Text{soapType, ""} // the types above always marshal
	}
	return Text{soapType, xml.Header + string(content)}
}
