package evidence_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"

	"portolan/evidence"
)

// protoField is one field of a message as batch.proto declares it.
type protoField struct{ kind, name string }

// readProto returns the fields of each message in batch.proto, by number.
func readProto(t *testing.T) map[string]map[string]protoField {
	t.Helper()
	text, err := os.ReadFile("batch.proto")
	if err != nil {
		t.Fatal(err)
	}
	messages := map[string]map[string]protoField{}
	field := regexp.MustCompile(`(?m)^  (?:repeated )?(\w+) (\w+) = (\d+);`)
	for _, m := range regexp.MustCompile(`(?ms)^message (\w+) \{(.*?)^\}`).FindAllStringSubmatch(string(text), -1) {
		messages[m[1]] = map[string]protoField{}
		for _, f := range field.FindAllStringSubmatch(m[2], -1) {
			messages[m[1]][f[3]] = protoField{kind: f[1], name: f[2]}
		}
	}
	return messages
}

// nested says which fields declared as bytes hold a message.
var nested = map[string]string{"Envelope.content": "Content", "Content.body": "Body", "Body.plan": "Plan"}

func TestProto_DeclaresEveryFieldThatIsWritten(t *testing.T) {
	t.Parallel()
	messages := readProto(t)
	b := exampleBatch()
	b.Records = append(b.Records[:1:1], b.Records[4:]...)
	b.PlanBody.Series = b.PlanBody.Series[:1]
	b.PlanBody.Series[0].Steps = b.PlanBody.Series[0].Steps[2:3]
	b.Plan, b.CarriesPlan = evidence.HashPlan(b.PlanBody), true
	data := mustSeal(t, b, newKey(t)).Bytes
	seen := map[string]bool{}
	walkProto(t, messages, "Envelope", data, seen)
	for _, want := range []string{"Content.body", "Body.plan", "Records.brought", "Step.dependency", "Gap.to", "Loss.results", "Excuse.reason", "Farewell.at", "OpenRun.step"} {
		if !seen[want] {
			t.Errorf("the example never reached %s", want)
		}
	}
}

func walkProto(t *testing.T, messages map[string]map[string]protoField, message string, data []byte, seen map[string]bool) {
	t.Helper()
	for len(data) > 0 {
		num, typ, n := protowire.ConsumeTag(data)
		size := protowire.ConsumeFieldValue(num, typ, data[max(n, 0):])
		if n < 0 || size < 0 {
			t.Fatalf("%s: not protobuf", message)
		}
		value := data[n : n+size]
		data = data[n+size:]
		f, ok := messages[message][number(num)]
		if !ok {
			t.Errorf("%s: field %d is not declared", message, num)
			continue
		}
		if wantsVarint := strings.HasSuffix(f.kind, "int64"); wantsVarint != (typ == protowire.VarintType) {
			t.Errorf("%s.%s: declared as %s, written with wire type %d", message, f.name, f.kind, typ)
		}
		name := message + "." + f.name
		seen[name] = true
		inner, ok := nested[name]
		if _, declared := messages[f.kind]; declared {
			inner, ok = f.kind, true
		}
		if ok {
			body, _ := protowire.ConsumeBytes(value)
			if name == "Content.body" {
				body = unpacked(t, body)
			}
			walkProto(t, messages, inner, body, seen)
		}
	}
}

func number(n protowire.Number) string { return strconv.Itoa(int(n)) }

// unpacked undoes zstd, which the example's plan is long enough for.
func unpacked(t *testing.T, body []byte) []byte {
	t.Helper()
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if body, err = z.DecodeAll(body, nil); err != nil {
		t.Fatal(err)
	}
	return body
}
