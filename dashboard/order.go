package dashboard

import (
	"fmt"

	"portolan"
)

// orderView says how a system is probed by order.
type orderView struct {
	Short string
	Words string
	Since moment
}

// viewOrders puts what is in force into words.
func viewOrders(c *clock, d portolan.Directives) []orderView {
	var views []orderView
	for _, s := range d.Stops {
		views = append(views, orderView{short(s.System), "left alone by an operator: " + s.Reason, c.at(s.Since, nil)})
	}
	for _, b := range d.BackOffs {
		views = append(views, orderView{short(b.System), fmt.Sprintf("down nearly everywhere: most agents ask it once in %d intervals", b.Factor), c.at(b.Since, nil)})
	}
	return views
}
