package browser

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"portolan/probe"
)

// facts is what an expectation may speak of. The functions take a selector, as it is.
type facts struct {
	URL     string              `expr:"url"`
	Title   string              `expr:"title"`
	Text    func(string) string `expr:"text"`  // what the first element that matches shows, trimmed; "" if none does
	Value   func(string) string `expr:"value"` // what the first field that matches holds; "" if none does
	Count   func(string) int    `expr:"count"` // how many elements match
	Shown   func(string) bool   `expr:"shown"` // whether the first can be seen
	Seconds float64             `expr:"seconds"`
	Paint   float64             `expr:"largest_paint"` // largest contentful paint in seconds; 0 if the step loaded no document
	Values  map[string]string   `expr:"values"`        // what this step extracted included
}

func factsOf(seen *Seen, took time.Duration, values map[string]string) facts {
	f := facts{
		URL: seen.URL, Title: seen.Title, Seconds: took.Seconds(), Values: values,
		Text:  func(selector string) string { return strings.TrimSpace(seen.Found[selector].Text) },
		Value: func(selector string) string { return seen.Found[selector].Value },
		Count: func(selector string) int { return seen.Found[selector].Count },
		Shown: func(selector string) bool { return seen.Found[selector].Shown },
	}
	if seen.LargestPaint != nil {
		f.Paint = seen.LargestPaint.Seconds()
	}
	return f
}

// expectation is one assertion on a page.
type expectation struct {
	source  string
	program *vm.Program
}

func (c *compiler) expects(sources []string) []expectation {
	var all []expectation
	for i, source := range sources {
		path := fmt.Sprintf("expect[%d]", i)
		program, err := expr.Compile(source, expr.Env(facts{}), expr.AsBool(), expr.Patch(&reader{compiler: c, path: path}))
		if err != nil {
			c.fault(path, "is no expectation: "+message(err), "a comparison of text(), value(), count(), shown(), url, title, seconds, largest_paint or values")
		}
		all = append(all, expectation{source, program})
	}
	return all
}

// check returns what the page fails to meet of the expectation.
func (e expectation) check(f facts) error {
	met, err := expr.Run(e.program, f)
	if err != nil {
		return fmt.Errorf("evaluate %q: %s", e.source, message(err))
	}
	if met != true {
		return fmt.Errorf("expected %s, on the page %q", e.source, f.Title)
	}
	return nil
}

// message returns what is wrong with an expression, on one line.
func message(err error) string {
	if e, ok := errors.AsType[*file.Error](err); ok {
		return fmt.Sprintf("%s (column %d)", e.Message, e.Column+1)
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// reader walks an expression when it is compiled: it notes which selectors are looked for, and which values the
// expression needs.
type reader struct {
	compiler *compiler
	path     string
}

// Visit implements ast.Visitor.
func (r *reader) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		if ok && (callee.Value == "text" || callee.Value == "value" || callee.Value == "count" || callee.Value == "shown") {
			r.selector(n)
		}
	case *ast.MemberNode:
		of, ok := n.Node.(*ast.IdentifierNode)
		key, constant := n.Property.(*ast.StringNode)
		if ok && constant && of.Value == "values" {
			r.value(key.Value)
		}
	}
}

func (r *reader) value(name string) {
	if _, secret := probe.SecretName(name); secret {
		r.compiler.fault(r.path, "speaks of a secret", "values that are no secrets")
		return
	}
	if !r.compiler.gives[name] {
		r.compiler.needs[name] = true
	}
}

func (r *reader) selector(n *ast.CallNode) {
	if len(n.Arguments) != 1 {
		return // the compiler tells
	}
	selector, constant := n.Arguments[0].(*ast.StringNode)
	if !constant {
		r.compiler.fault(r.path, "computes a selector", `a selector as it is, like text("#result")`)
		return
	}
	r.compiler.selector(r.path, selector.Value)
	r.compiler.look[selector.Value] = true
}
