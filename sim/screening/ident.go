package screening

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"portolan/internal/nistitl"
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

// soapBody holds one of them.
type soapBody struct {
	Verify   *verifyQuestion   `xml:"urn:portolan:sim:ident:1 Verify"`
	Verified *verifyResponse   `xml:"urn:portolan:sim:ident:1 VerifyResponse"`
	Identify *identifyQuestion `xml:"urn:portolan:sim:ident:1 Identify"`
	Found    *identifyResponse `xml:"urn:portolan:sim:ident:1 IdentifyResponse"`
	Fault    *soapFault        `xml:"http://schemas.xmlsoap.org/soap/envelope/ Fault"`
}

// printed is a pattern in base64: alone, or in an ANSI/NIST-ITL file, the form in which agencies send prints.
type printed struct {
	Template string `xml:"Template,omitempty"`
	Record   string `xml:"Record,omitempty"`
}

type verifyQuestion struct {
	Subject string `xml:"Subject"`
	printed
}

type verifyResponse struct {
	Verified bool    `xml:"Verified"`
	Score    float64 `xml:"Score"`
}

type identifyQuestion struct{ printed }

type identifyResponse struct {
	Candidates []candidate `xml:"Candidate"`
}

type candidate struct {
	Subject string  `xml:"Subject" json:"subject"`
	Score   float64 `xml:"Score" json:"score"`
}

type soapFault struct {
	Code   string `xml:"faultcode"`
	Reason string `xml:"faultstring"`
}

func (f *soapFault) Error() string { return f.Code + ": " + f.Reason }

// ident is IDENT, the biometric match, spoken to in SOAP as the original.
func ident() System {
	return System{
		ID:    "ident",
		Title: "Automated Biometric Identification System",
		Routes: []Route{
			{"verification", "POST /ident/v1/verification", 550 * time.Millisecond, soap(verifySubject), falseSOAP},
			{"identification", "POST /ident/v1/identification", 600 * time.Millisecond, soap(searchGallery), falseSOAP},
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
func verifySubject(c *Call, asked soapBody) (soapBody, error) {
	if asked.Verify == nil || asked.Verify.Subject == "" {
		return soapBody{}, &soapFault{"soap:Client", "want Verify with a subject and a template or record in base64"}
	}
	_, score, err := match(c, asked.Verify.printed)
	return soapBody{Verified: &verifyResponse{score >= leastScore, score}}, err
}

// searchGallery searches one to many. Each pattern that is good enough has one subject, made up from it.
func searchGallery(c *Call, asked soapBody) (soapBody, error) {
	if asked.Identify == nil {
		return soapBody{}, &soapFault{"soap:Client", "want Identify with a template or record in base64"}
	}
	pattern, score, err := match(c, asked.Identify.printed)
	found := &identifyResponse{}
	if score >= leastScore {
		found.Candidates = append(found.Candidates, candidate{fmt.Sprintf("SYN-%X", sha256.Sum256(pattern))[:16], score})
	}
	return soapBody{Found: found}, err
}

// match returns a pattern and the score that its quality gives it.
func match(c *Call, asked printed) (pattern []byte, score float64, err error) {
	if pattern, err = asked.pattern(); err != nil {
		return nil, 0, &soapFault{"soap:Client", err.Error()}
	}
	values := map[byte]bool{}
	for _, b := range pattern {
		values[b] = true
	}
	quality := min(1, float64(len(values))/enoughValues)
	noise := math.Abs(c.Draw("score").NormFloat64()) * scoreNoise
	return pattern, max(0, math.Round(100*(quality*bestScore-min(noise, 3*scoreNoise)))/100), nil
}

// pattern returns the bytes of the pattern.
func (p printed) pattern() ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(cmp.Or(p.Record, p.Template))
	if err != nil || len(data) == 0 {
		return nil, errors.New("want a template or a record in base64")
	}
	if p.Record == "" {
		return data, nil
	}
	file, err := nistitl.Parse(data)
	if err != nil {
		return nil, err
	}
	for _, r := range file.Records {
		if r.Image != nil {
			return r.Image.Data, nil
		}
	}
	return nil, errors.New("want a record of a print in the file")
}

// falseSOAP turns a verdict round, and finds nobody.
func falseSOAP(a Answer) Answer {
	text, ok := a.Body.(Text)
	var envelope soapEnvelope
	if !ok || xml.Unmarshal([]byte(text.Content), &envelope) != nil {
		return a
	}
	if r := envelope.Body.Verified; r != nil {
		r.Verified, r.Score = !r.Verified, math.Round(100*(1-r.Score))/100
	}
	if envelope.Body.Found != nil {
		envelope.Body.Found.Candidates = nil
	}
	return Answer{a.Status, soapText(envelope.Body)}
}

// soap serves what comes in a SOAP 1.1 envelope. HTTP says 500 for every SOAP fault.
func soap(serve func(*Call, soapBody) (soapBody, error)) func(*Call) (Answer, error) {
	return func(c *Call) (Answer, error) {
		body, err := c.Body()
		if err != nil {
			return Answer{}, err
		}
		var envelope soapEnvelope
		if err := xml.Unmarshal(body, &envelope); err != nil {
			return faultAnswer(&soapFault{"soap:Client", "want a SOAP 1.1 envelope"}), nil
		}
		answer, err := serve(c, envelope.Body)
		if fault, ok := err.(*soapFault); ok {
			return faultAnswer(fault), nil
		}
		return Answer{http.StatusOK, soapText(answer)}, err
	}
}

func faultAnswer(f *soapFault) Answer {
	return Answer{http.StatusInternalServerError, soapText(soapBody{Fault: f})}
}

func soapText(b soapBody) Text {
	content, err := xml.Marshal(soapEnvelope{Body: b})
	if err != nil {
		return Text{soapType, ""} // the types above always marshal
	}
	return Text{soapType, xml.Header + string(content)}
}

// askIDENT asks IDENT in SOAP.
func (c *Call) askIDENT(path string, asked soapBody) (soapBody, error) {
	question, err := xml.Marshal(soapEnvelope{Body: asked})
	if err != nil {
		return soapBody{}, err
	}
	reply, err := c.Ask(Question{To: "ident", Method: http.MethodPost, Path: path, Type: soapType, Body: question})
	if err != nil {
		return soapBody{}, err
	}
	var envelope soapEnvelope
	if err := xml.Unmarshal(reply, &envelope); err != nil {
		return soapBody{}, refuse(http.StatusBadGateway, "bad_gateway", "ident answered what cannot be read")
	}
	return envelope.Body, nil
}

type verificationAnswer struct {
	Verified bool    `json:"verified"`
	Score    float64 `json:"score"`
}

// verify asks IDENT whether a pattern is a subject's.
func (c *Call) verify(subject, template string) (verificationAnswer, error) {
	if _, err := base64.StdEncoding.DecodeString(template); err != nil || subject == "" || template == "" {
		return verificationAnswer{}, refuse(http.StatusUnprocessableEntity, "incomplete", "want a document number and a template in base64")
	}
	said, err := c.askIDENT("/ident/v1/verification", soapBody{Verify: &verifyQuestion{subject, printed{Template: template}}})
	if err == nil && said.Verified == nil {
		err = refuse(http.StatusBadGateway, "bad_gateway", "ident answered what cannot be read")
	}
	if err != nil {
		return verificationAnswer{}, err
	}
	return verificationAnswer(*said.Verified), nil
}

// identify asks IDENT whose a pattern is.
func (c *Call) identify(template string) ([]candidate, error) {
	said, err := c.askIDENT("/ident/v1/identification", soapBody{Identify: &identifyQuestion{printed{Template: template}}})
	if err == nil && said.Found == nil {
		err = refuse(http.StatusBadGateway, "bad_gateway", "ident answered what cannot be read")
	}
	if err != nil {
		return nil, err
	}
	return append([]candidate{}, said.Found.Candidates...), nil
}
