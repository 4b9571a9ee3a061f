package ingest

import "log/slog"

// changes logs a repeated failure once, when it begins or becomes another one,
// and once when it is over.
type changes struct {
	log  *slog.Logger
	what string
	last string
}

// tell logs err unless it is the failure that was logged last. Errors of this
// package and of the libraries below it carry no mail content.
func (c *changes) tell(err error) {
	if err == nil {
		return
	}
	if s := err.Error(); s != c.last {
		c.last = s
		c.log.Warn(c.what+" failed; trying again", "err", s)
	}
}

// over logs that the failure, if there was one, is over.
func (c *changes) over() {
	if c.last != "" {
		c.last = ""
		c.log.Info(c.what + " works again")
	}
}
