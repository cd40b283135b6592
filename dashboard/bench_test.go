package dashboard_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"portolan/dashboard"
)

// BenchmarkCentral draws the first page for every port.
func BenchmarkCentral(b *testing.B) {
	for _, systems := range []int{1, 20} {
		b.Run(fmt.Sprintf("ports-477-systems-%d", systems), func(b *testing.B) {
			h := dashboard.Central(nation(systems, 1), dashboard.Options{})
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Accept-Encoding", "gzip")
			var size int
			for b.Loop() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				size = w.Body.Len()
			}
			b.ReportMetric(float64(size), "bytes/page")
		})
	}
}
