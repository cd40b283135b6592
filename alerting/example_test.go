package alerting_test

import (
	"fmt"
	"time"

	"portolan"
	"portolan/alerting"
)

func ExampleRules() {
	systems := []alerting.System{{ID: "tpac", Objective: portolan.Objective{Availability: 0.997, Window: 30 * 24 * time.Hour}}}
	for _, rule := range alerting.Rules(systems, alerting.Options{}).Groups[0].Rules {
		fmt.Println(rule.Labels["window"], rule.Expr)
	}
	// Output:
	// 1h vector(0.0432)
	// 6h vector(0.018)
	// 1d vector(0.009)
	// 3d vector(0.003)
}
