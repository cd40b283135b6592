package web

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/antchfx/xpath"
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"portolan/probe"
)

// facts is what an expectation may speak of.
type facts struct {
	Status  int                          `expr:"status"`
	Headers map[string]string            `expr:"headers"` // by name in lower case; several of one name joined by ", "
	Body    string                       `expr:"body"`
	JSON    any                          `expr:"json"`    // the body parsed
	XPath   func(string) (string, error) `expr:"xpath"`   // "" where nothing is found
	Bytes   int64                        `expr:"bytes"`   // of the body as received
	Seconds float64                      `expr:"seconds"` // from the step's start to the answer's end
	Values  map[string]string            `expr:"values"`  // what this step extracted included
}

// expectation is one assertion on an answer.
type expectation struct {
	source  string
	program *vm.Program
	asks    asks
}

// asks is which parts of an answer an expectation speaks of.
type asks struct {
	status, json, xml bool
}

// usualExpectation is what is expected of the status where no expectation speaks of it.
const usualExpectation = "status < 400"

// expects compiles the part "expect"; usual reports whether the usual expectation is among them.
func (c *compiler) expects(sources []string) (all []expectation, usual bool) {
	for i, source := range sources {
		all = append(all, c.expectation(fmt.Sprintf("expect[%d]", i), source))
	}
	usual = !slices.ContainsFunc(all, func(e expectation) bool { return e.asks.status })
	if usual {
		all = slices.Insert(all, 0, c.expectation("expect", usualExpectation))
	}
	return all, usual
}

func (c *compiler) expectation(path, source string) expectation {
	r := &reader{compiler: c, path: path}
	program, err := expr.Compile(source, expr.Env(facts{}), expr.AsBool(), expr.Patch(r))
	if err != nil {
		c.fault(path, "is no expectation: "+message(err),
			"a comparison of status, headers, body, json, xpath(), bytes, seconds or values")
	}
	return expectation{source, program, r.asks}
}

// check returns what the answer fails to meet of the expectation.
func (e expectation) check(a *answer, f facts) (err error) {
	if e.asks.json {
		if f.JSON, err = a.json(); err != nil {
			return err
		}
	}
	if e.asks.xml {
		if _, err = a.xml(); err != nil {
			return err
		}
	}
	met, err := expr.Run(e.program, f)
	if err != nil {
		return fmt.Errorf("evaluate %q: %s", e.source, message(err))
	}
	if met != true {
		return fmt.Errorf("expected %s, with status %d", e.source, a.status)
	}
	return nil
}

// message returns what is wrong with an expression, on one line.
func message(err error) string {
	if e, ok := errors.AsType[*file.Error](err); ok {
		return fmt.Sprintf("%s (column %d)", e.Message, e.Column+1)
	}
	return err.Error()
}

// reader walks an expression when it is compiled: it notes what the expression asks for, checks the paths
// and names in it, and makes the names of headers lower-case.
type reader struct {
	compiler *compiler
	path     string
	asks     asks
}

// Visit implements ast.Visitor.
func (r *reader) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		r.asks.status = r.asks.status || n.Value == "status"
		r.asks.json = r.asks.json || n.Value == "json"
	case *ast.MemberNode:
		r.member(n)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == "xpath" {
			r.xpath(n)
		}
	}
}

func (r *reader) member(n *ast.MemberNode) {
	of, ok := n.Node.(*ast.IdentifierNode)
	key, constant := n.Property.(*ast.StringNode)
	if !ok || !constant {
		return
	}
	switch of.Value {
	case "headers":
		key.Value = strings.ToLower(key.Value)
	case "values":
		if _, secret := probe.SecretName(key.Value); secret {
			r.compiler.fault(r.path, "speaks of a secret", "values that are no secrets")
			return
		}
		if !r.compiler.gives[key.Value] {
			r.compiler.needs[key.Value] = true
		}
	}
}

func (r *reader) xpath(n *ast.CallNode) {
	r.asks.xml = true
	if len(n.Arguments) != 1 {
		return // the compiler tells
	}
	path, constant := n.Arguments[0].(*ast.StringNode)
	if !constant {
		r.compiler.fault(r.path, "computes an XPath", `an XPath as it is, like xpath("//status")`)
		return
	}
	if _, err := xpath.Compile(path.Value); err != nil {
		r.compiler.fault(r.path, fmt.Sprintf("has no XPath in %q: %v", path.Value, err), `a path like "//session/@id"`)
	}
}
