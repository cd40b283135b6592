package screening

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"portolan"
	"portolan/internal/interchange"
)

// carriers is the side of APIS that airlines and ships see: they send a list of passengers or crew, and get a
// status for each person. Crew are known to APIS; for passengers it asks the TECS platform. Nothing is kept.
type carriers struct {
	mu      sync.Mutex
	renewed time.Time // when its data last were brought up to date; mu guards it
}

const (
	crewStep      portolan.StepID = "crew-list"
	passengerStep portolan.StepID = "passenger-list"
	listTime                      = 150 * time.Millisecond
)

// Errors in a CONTRL (UN/EDIFACT code list 0085).
const (
	errorInvalid  = "12" // invalid value
	errorNotTaken = "18" // unspecified error
)

// posted serves lists of one kind that come by HTTP.
func (c *carriers) posted(code string) func(*Call) (Answer, error) {
	return func(call *Call) (Answer, error) {
		body, err := call.Body()
		if err != nil {
			return Answer{}, err
		}
		i, err := interchange.Parse(body)
		if err != nil {
			return Answer{}, refuse(http.StatusBadRequest, "malformed", "%v", err)
		}
		list, err := readList(i)
		switch {
		case err != nil:
			return Answer{}, refuse(http.StatusUnprocessableEntity, "not_taken", "%v", err)
		case list.code != code:
			return Answer{}, refuse(http.StatusUnprocessableEntity, "not_taken", "a list of %s: want %s here", list.code, code)
		}
		said, err := c.vet(&call.errand, list)
		if err != nil {
			return Answer{}, err
		}
		data, err := said.Bytes()
		return Answer{http.StatusOK, Text{"application/EDIFACT", string(data)}}, err
	}
}

// converse serves lists that come over a connection, one after the other.
func (c *carriers) converse(v *Visit) {
	r := interchange.NewReader(v.Conn)
	for {
		data, err := r.Next()
		if err != nil {
			return
		}
		i, err := interchange.Parse(data)
		if err != nil {
			return // nobody knows to what an answer would be
		}
		said, err := c.take(v, i)
		if err != nil {
			return
		}
		if _, err := v.Conn.Write(said); err != nil {
			return
		}
	}
}

// take takes a list at the door and returns what is said to it. An error means that nobody waits any longer.
func (c *carriers) take(v *Visit, i *interchange.Interchange) ([]byte, error) {
	list, err := readList(i)
	if err != nil {
		return rejectList(i, errorInvalid, v.Now).Bytes()
	}
	step := passengerStep
	if list.code == crewCode {
		step = crewStep
	}
	var said *interchange.Interchange
	found, err := v.Perform(step, listTime, func() (err error) {
		said, err = c.vet(&v.errand, list)
		return err
	})
	switch {
	case errors.As(err, new(*Refusal)):
		return rejectList(i, errorNotTaken, v.Now).Bytes()
	case err != nil:
		return nil, err
	}
	data, err := said.Bytes()
	if found.wrong {
		data = []byte(turned(string(data)))
	}
	return data, err
}

// vet returns the answer to a list.
func (c *carriers) vet(e *errand, list *passengerList) (*interchange.Interchange, error) {
	dated := c.renew(e)
	statuses := make([]string, len(list.persons))
	for i, p := range list.persons {
		status, err := vetPerson(e, list.code, p)
		if err != nil {
			return nil, err
		}
		statuses[i] = status
	}
	return list.answer(statuses, dated, e.Now), nil
}

func vetPerson(e *errand, code string, p listed) (string, error) {
	if code == crewCode {
		return mayBoard, nil
	}
	var found lookupAnswer
	if err := e.AskJSON("tecs-platform", "/tecs/v1/queries", p.biographicQuestion, &found); err != nil {
		return "", err
	}
	if found.Result == "clear" {
		return mayBoard, nil
	}
	return mayNotBoard, nil
}

// renew returns when the data are from: now, unless they are kept from being renewed.
func (c *carriers) renew(e *errand) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !e.stale || c.renewed.IsZero() {
		c.renewed = e.Now
	}
	return c.renewed
}

// falseStatuses gives each person the other status.
func falseStatuses(a Answer) Answer {
	if text, ok := a.Body.(Text); ok {
		a.Body = Text{text.Type, turned(text.Content)}
	}
	return a
}

func turned(answer string) string {
	return strings.NewReplacer("ERC+"+mayBoard, "ERC+"+mayNotBoard, "ERC+"+mayNotBoard, "ERC+"+mayBoard).Replace(answer)
}
