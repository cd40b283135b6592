package collector

import "net/http"

func (c *collector) api() http.Handler { return http.NotFoundHandler() }
